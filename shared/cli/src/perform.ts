import { join } from 'node:path'
import { listening, run, start } from './processes.ts'
import type { Running, Surroundings } from './processes.ts'

/** The options of a server, and options and calls of the clients that it is to serve. */
export interface Cast {
  server: readonly string[]
  /** How many servers stand in a row, and the option that tells each which one is behind it; left out, there is one. */
  chain?: { hops: number; upstream: string } | undefined
  /** How many servers stand side by side, the option that tells a client of all of them, and after how many milliseconds the second is killed. */
  group?: { copies: number; addresses: string; killed?: number | undefined } | undefined
  clients: readonly (readonly string[])[]
  /** A program that is run first, and fills the folder of this name that the others are told of. */
  makes?: string | undefined
  /** Calls may fail, and the client that reports it ends with 1. */
  mayFail?: boolean
}

/** A program that takes part. */
export interface Role {
  /** `server`, or where there are several `server A` and so on, in a chain the first one first; `client`, or `client N` when there are several. */
  name: string
  /** Its command line, less what is only there to watch and to hold it. */
  args: readonly string[]
  /** Its trace file, which grows event by event. */
  trace: string
  program: Running
}

export interface Stage extends Surroundings {
  /** An empty folder, for the trace files. */
  folder: string
  /** Ends all programs at once: asks them to, and after a second kills them. */
  signal: AbortSignal
  /** Is told of each program as soon as it has been started. */
  entered?: (role: Role) => void
  /** Is given, once the clients have been let go, what writes a line to the stdin of each; left out, that ends then. */
  going?: ((say: (line: string) => void) => void) | undefined
}

/** What servers are told apart by, counted from 1. */
function letter(place: number): string {
  return String.fromCharCode(64 + place)
}

/** Milliseconds that a program has to end when it is asked to. */
const grace = 1000

/**
 * Starts a step's server and clients, lets the clients go together, and waits until all have ended.
 * However it ends, none of the programs is left.
 *
 * @throws what `signal` was aborted with; Error when a program fails
 */
export async function perform(step: string | URL, cast: Cast, stage: Stage): Promise<Role[]> {
  const { folder, signal, entered, going, ...surroundings } = stage
  const roles: Role[] = []
  const enter = (file: string, name: string, args: readonly string[], more: readonly string[]) => {
    signal.throwIfAborted()
    const trace = join(folder, `${name}.json`)
    const all = ['--trace', trace, ...more, ...args.map((word) => (word === cast.makes ? join(folder, word) : word))]
    const role = { name, args, trace, program: start(new URL(file, step), all, surroundings) }
    roles.push(role)
    entered?.(role)
    return role.program
  }
  const close = () => roles.map(({ program }) => program.stop('SIGTERM', grace))
  signal.addEventListener('abort', close)
  let end: NodeJS.Timeout | undefined
  try {
    if (cast.makes !== undefined) await make(new URL(`${cast.makes}.ts`, step), join(folder, cast.makes))
    const { chain, group } = cast
    const count = chain?.hops ?? group?.copies ?? 1
    const servers: Running[] = []
    const ports: number[] = []
    for (let place = count; place > 0; place--) {
      const behind = chain && ports[0] !== undefined ? [`--${chain.upstream}`, `127.0.0.1:${ports[0]}`] : []
      const name = count > 1 ? `server ${letter(place)}` : 'server'
      const server = enter('server.ts', name, ['--port', '0', ...cast.server, ...behind], [])
      servers.unshift(server)
      ports.unshift((await listening(server)).port)
    }
    const where = ['--port', String(ports[0])]
    if (group) where.push(`--${group.addresses}`, ports.map((port) => `127.0.0.1:${port}`).join())
    const several = cast.clients.length > 1
    const clients = cast.clients.map((args, i) => {
      const name = several ? `client ${i + 1}` : 'client'
      return enter('client.ts', name, [...where, ...args], ['--hold', 'yes'])
    })
    await Promise.all(clients.map((client) => client.printed(/^ready$/m)))
    const say = (line: string) => {
      for (const client of clients) client.process.stdin!.write(`${line}\n`)
    }
    say('')
    if (group?.killed !== undefined) end = setTimeout(() => servers.at(1)?.process.kill('SIGKILL'), group.killed)
    if (going) going(say)
    else for (const client of clients) client.process.stdin!.end()
    for (const client of clients) {
      const { code } = await client.exited
      if (code !== 0 && !(cast.mayFail && code === 1)) throw new Error(`a client failed: ${client.stderr().trim()}`)
    }
    // From the front to the back: each first finishes what it has accepted.
    for (const server of servers) await server.stop()
    signal.throwIfAborted()
    return roles
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    clearTimeout(end)
    signal.removeEventListener('abort', close)
    const politely = signal.aborted ? 'SIGTERM' : 'SIGKILL'
    await Promise.all(roles.map(({ program }) => program.stop(politely, grace)))
  }
}

async function make(program: URL, folder: string): Promise<void> {
  const { code, stderr } = await run(program, ['--folder', folder])
  if (code !== 0) throw new Error(`nothing could be made in ${folder}: ${stderr.trim()}`)
}
