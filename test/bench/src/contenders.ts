/** A server and a client that do the same work as all others. */
export interface Contender {
  name: string
  server: URL
  serverArgs: readonly string[]
  client: URL
  /** Workloads that this contender's way of waiting cannot do, and why. */
  cannot?: { workloads: readonly string[]; because: string }
}

const own = (name: string): Contender => ({
  name,
  server: new URL(`../contenders/${name}/server.ts`, import.meta.url),
  serverArgs: [],
  client: new URL(`../contenders/${name}/client.ts`, import.meta.url),
})

const step = (name: string, folder = name, ...args: string[]): Contender => ({
  name,
  server: new URL(`../../../steps/${folder}/server.ts`, import.meta.url),
  serverArgs: ['--port', '0', ...args],
  client: new URL(`../contenders/${name}.ts`, import.meta.url),
})

/** All others are compared with this one. */
export const bare = own('bare')

export const contenders: readonly Contender[] = [
  bare,
  own('vscode-jsonrpc'),
  own('grpc-js'),
  {
    ...step('01-blocking-sockets'),
    cannot: {
      workloads: ['in-flight', 'connections', 'gather', 'large'],
      because: 'a blocking call holds its thread: one call at a time',
    },
  },
  step('02-callbacks'),
  step('03-event-loop', '03-event-loop', '--selector', 'epoll'),
  step('04-async-await'),
  step('05-gather', '04-async-await'),
]
