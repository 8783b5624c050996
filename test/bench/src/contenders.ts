/** A server and a client that do the same work as all others. */
export interface Contender {
  name: string
  server: URL
  serverArgs: readonly string[]
  client: URL
  /** Workloads that this contender's way of waiting cannot do, and why. */
  cannot?: { workloads: readonly string[]; because: string }
}

const library = (name: string): Contender => ({
  name,
  server: new URL(`../contenders/${name}/server.ts`, import.meta.url),
  serverArgs: [],
  client: new URL(`../contenders/${name}/client.ts`, import.meta.url),
})

const step = (name: string): Contender => ({
  name,
  server: new URL(`../../../steps/${name}/server.ts`, import.meta.url),
  serverArgs: ['--port', '0'],
  client: new URL(`../contenders/${name}.ts`, import.meta.url),
})

/** All others are compared with this one. */
export const bare = library('bare')

const everywhere: readonly Contender[] = [
  bare,
  library('vscode-jsonrpc'),
  library('grpc-js'),
  step('02-callbacks'),
  step('04-async-await'),
  {
    ...library('04-five-filters'),
    cannot: {
      workloads: ['connections', 'gather', 'large'],
      because: 'step 04 with five filters that do nothing on both ends, to see what a filter costs',
    },
  },
  step('05-gather'),
]

/** These call the sockets of the C library, which Windows has under other names. */
const posixOnly: readonly Contender[] = [
  {
    ...step('01-blocking-sockets'),
    cannot: {
      workloads: ['in-flight', 'connections', 'gather', 'large'],
      because: 'a call that blocks holds its thread: one at a time is all it can do',
    },
  },
  step('03-event-loop'),
]

/** Those that run on this system; bare first, the steps in their order last. */
export const contenders: readonly Contender[] =
  process.platform === 'win32'
    ? everywhere
    : [...everywhere, ...posixOnly].sort((a, b) => stepNumber(a) - stepNumber(b))

function stepNumber({ name }: Contender): number {
  return Number(/^\d+/.exec(name)?.[0] ?? 0)
}
