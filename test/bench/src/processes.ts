import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Contender } from './contenders.ts'
import type { Order, Round } from './load.ts'

/** How programs are started. */
export interface Runtime {
  /** Through tsx, or by Node itself, which since 22.18 strips the types without it. */
  tsx: boolean
  /** The one core that server and client share; undefined to let the system place them. */
  core?: string | undefined
  /** More options for Node. */
  flags?: readonly string[]
}

export const nodeStripsTypes = Boolean((process.features as { typescript?: unknown }).typescript)

/** The last core that this process may use, or undefined where there is no `taskset` to pin with. */
export function lastCore(): string | undefined {
  if (spawnSync('taskset', ['--version']).status !== 0) return undefined
  const status = readFileSync('/proc/self/status', 'latin1')
  return /Cpus_allowed_list:.*?(\d+)$/m.exec(status)?.[1]
}

/**
 * Starts a program of ours with stdout piped and an IPC channel. One that has started others is ended
 * with SIGTERM, and ends them.
 */
export function start(
  runtime: Runtime,
  file: URL,
  args: readonly string[],
  end: NodeJS.Signals = 'SIGKILL',
): ChildProcess {
  const node = [
    process.execPath,
    ...(runtime.tsx
      ? ['--import', import.meta.resolve('tsx')]
      : ['--disable-warning=ExperimentalWarning']),
    ...(runtime.flags ?? []),
    fileURLToPath(file),
    ...args,
  ]
  const pinned = runtime.core === undefined ? node : ['taskset', '-c', runtime.core, ...node]
  const [command = '', ...rest] = pinned
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  running.set(child, end)
  child.on('exit', () => running.delete(child))
  return child
}

const running = new Map<ChildProcess, NodeJS.Signals>()

/** Ends all programs that `start` has started. */
export function stopAll(): void {
  for (const [child, end] of running) child.kill(end)
}

/** A contender's two processes. */
export class Pair {
  readonly contender: Contender
  readonly port: number
  readonly #server: ChildProcess
  readonly #load: ChildProcess
  #settle: (reply: Round | { error: string }) => void = () => {}

  private constructor(contender: Contender, server: ChildProcess, port: string, load: ChildProcess) {
    this.contender = contender
    this.port = Number(port)
    this.#server = server
    this.#load = load
    load.on('message', (reply: Round | { error: string }) => this.#settle(reply))
    server.on('exit', () => this.#settle({ error: 'the server ended' }))
    load.on('exit', () => this.#settle({ error: 'the client ended' }))
  }

  /** Starts server and client; resolves when both are ready. */
  static async start(runtime: Runtime, contender: Contender): Promise<Pair> {
    const end = contender.asked ? 'SIGTERM' : 'SIGKILL'
    const server = start(runtime, contender.server, contender.serverArgs, end)
    const port = await listening(server, contender)
    const load = start(runtime, new URL('load.ts', import.meta.url), [contender.client.href, port])
    const pair = new Pair(contender, server, port, load)
    await pair.#reply()
    return pair
  }

  /** Has the client do as ordered. Rejects if either process ends, or after a minute. */
  order(order: Order): Promise<Round> {
    this.#load.send(order)
    return this.#reply()
  }

  #reply(): Promise<Round> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => this.#settle({ error: 'no answer in a minute' }), 60_000)
      this.#settle = (reply) => {
        clearTimeout(late)
        if ('error' in reply) reject(new Error(`${this.contender.name}: ${reply.error}`))
        else resolve(reply)
      }
    })
  }

  /** Processor time that server and what it has started have used, in microseconds; NaN where there is no /proc. */
  serverCpu(): number {
    return [this.#server.pid!, ...startedBy(this.#server.pid!)].reduce((sum, pid) => sum + cpuOf(pid), 0)
  }
}

function cpuOf(pid: number): number {
  const file = `/proc/${pid}/stat`
  if (!existsSync(file)) return NaN
  // proc_pid_stat(5): the name in parentheses may hold spaces; utime and stime are fields 14 and
  // 15, in ticks of 10 ms.
  const fields = readFileSync(file, 'latin1').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

/** proc_pid_children(5): the processes that a process has started, by their numbers. */
function startedBy(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`
  if (!existsSync(file)) return []
  return readFileSync(file, 'latin1').split(' ').filter(Boolean).map(Number)
}

async function listening(server: ChildProcess, { name }: Contender): Promise<string> {
  for await (const line of createInterface({ input: server.stdout! })) {
    const port = /^listening on 127\.0\.0\.1:(\d+)$/.exec(line)?.[1]
    if (port === undefined) continue
    server.stdout!.resume()
    return port
  }
  throw new Error(`${name}: the server ended before it was listening`)
}
