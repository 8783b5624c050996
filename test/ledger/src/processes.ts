import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { start } from '@rpc-steps/bench/processes'
import type { Runtime } from '@rpc-steps/bench/processes'
import type { Contender } from '@rpc-steps/bench/contenders'
import type { Done, Order } from './load.ts'
import type { Told } from './probe.ts'

/** Longer than anything takes that comes to an end: milliseconds. */
const patience = 60_000

/** Resolves as `promise` does; rejects after a while that is too long. */
async function soon<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing in a minute`)), patience)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** The server of a step, in a process of its own. */
export class Server {
  readonly port: number
  readonly pid: number
  readonly #process: ChildProcess
  readonly #name: string
  readonly #lines: AsyncIterator<string>

  private constructor(name: string, process: ChildProcess, port: number, lines: AsyncIterator<string>) {
    this.#name = name
    this.#process = process
    this.pid = process.pid!
    this.port = port
    this.#lines = lines
  }

  /** Starts it. With `probe` it tells of its heap. Resolves when it listens. */
  static async start({ name, server, serverArgs }: Contender, runtime: Runtime, probe = false): Promise<Server> {
    const flags = ['--expose-gc', '--import', new URL('probe.ts', import.meta.url).href]
    const process = start(probe ? { ...runtime, flags } : runtime, server, serverArgs)
    const lines = createInterface({ input: process.stdout! })[Symbol.asyncIterator]() as AsyncIterator<string>
    for (;;) {
      const { value, done } = await soon(name, lines.next())
      if (done) throw new Error(`${name}: the server ended before it was listening`)
      const port = /^listening on 127\.0\.0\.1:(\d+)$/.exec(value)?.[1]
      if (port !== undefined) return new Server(name, process, Number(port), lines)
    }
  }

  /** What it says of its heap next. */
  async told(): Promise<Told> {
    const { value, done } = await soon(this.#name, this.#lines.next())
    if (done) throw new Error(`${this.#name}: the server ended`)
    return JSON.parse(value) as Told
  }

  /** Microseconds of a processor that all its threads have had; undefined where nobody tells. */
  processor(): number | undefined {
    const tasks = `/proc/${this.pid}/task`
    if (!existsSync(`${tasks}/${this.pid}/schedstat`)) return undefined
    // The first field of each thread: nanoseconds. Linux, Documentation/scheduler/sched-stats.
    const each = readdirSync(tasks).map((task) => Number.parseInt(readFileSync(`${tasks}/${task}/schedstat`, 'latin1')))
    return each.reduce((a, b) => a + b) / 1000
  }

  /** Bytes of the machine's memory that it has; undefined where there is no /proc. */
  resident(): number | undefined {
    const file = `/proc/${this.pid}/status`
    if (!existsSync(file)) return undefined
    return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(file, 'latin1'))![1]) * 1024
  }

  /** Sends SIGTERM. Resolves with the milliseconds until it has ended. */
  async end(): Promise<number> {
    const exited = once(this.#process, 'exit')
    const asked = performance.now()
    this.#process.kill()
    await soon(`${this.#name}: SIGTERM`, exited)
    return performance.now() - asked
  }
}

/** Who makes the calls, in a process of its own, with the client of a step. */
export class Client {
  readonly pid: number
  readonly #process: ChildProcess
  readonly #name: string
  #settle: (reply: Done | { error: string }) => void = () => {}

  private constructor(name: string, process: ChildProcess) {
    this.#name = name
    this.#process = process
    this.pid = process.pid!
    process.on('message', (reply: Done | { error: string }) => this.#settle(reply))
    process.on('exit', () => this.#settle({ error: 'the client ended' }))
  }

  /** Starts it. Resolves when it can be asked. */
  static async start({ name, client }: Contender, runtime: Runtime): Promise<Client> {
    const made = new Client(name, start(runtime, new URL('load.ts', import.meta.url), [client.href]))
    await made.#reply()
    return made
  }

  /** Has it do something, and resolves when that is done. */
  order(order: Order): Promise<Done> {
    this.#process.send(order)
    return this.#reply()
  }

  async #reply(): Promise<Done> {
    const reply = await soon(this.#name, new Promise<Done | { error: string }>((resolve) => (this.#settle = resolve)))
    if ('error' in reply) throw new Error(`${this.#name}: ${reply.error}`)
    return reply
  }

  end(): void {
    this.#process.kill('SIGKILL')
  }
}
