import { listening, run, start } from '@rpc-steps/cli/processes'
import type { Running } from '@rpc-steps/cli/processes'
import type { SteadyReport } from '../src/index.ts'

/** How many run at the same time. */
export const servers = 3

const workload = ['sleep', '[10]']

/** What the client prints. */
export interface Report extends SteadyReport {
  retries: number
  hedges: number
}

/** Servers in processes of their own, and some that are ready to take the place of one that is killed. */
export class Fleet {
  readonly #all: Running[] = []
  #taken = 0
  /** Those that run, each with the port that it has for good. */
  readonly #running: { process: Running; port: number }[] = []
  /** When each request was begun, by what the servers say. */
  readonly begun: number[] = []

  /** Starts so many in all: what a start costs is not to be measured with the rest. */
  static async start(count: number): Promise<Fleet> {
    const fleet = new Fleet()
    try {
      while (fleet.#all.length < count) {
        const some = Array.from({ length: Math.min(4, count - fleet.#all.length) }, held)
        fleet.#all.push(...some)
        await Promise.all(some.map((one) => one.printed(/^ready/m, 60_000)))
      }
      for (let i = 0; i < servers; i++) fleet.#running.push(await fleet.#open(0))
    } catch (error) {
      await fleet.stop()
      throw error
    }
    return fleet
  }

  async #open(port: number): Promise<{ process: Running; port: number }> {
    const process = this.#all[this.#taken++]!
    process.process.stdin!.write(`${port}\n`)
    const at = await listening(process)
    process.process.stdout!.on('data', (text: string) => {
      for (const letter of text) if (letter === '+') this.begun.push(performance.now())
    })
    return { process, port: at.port }
  }

  kill(i: number): void {
    this.#running[i]!.process.process.kill('SIGKILL')
  }

  /** Another takes its place, and its port. */
  async revive(i: number): Promise<void> {
    await this.#running[i]!.process.exited
    this.#running[i] = await this.#open(this.#running[i]!.port)
  }

  /** A client in a process of its own; resolves with what it says that became of its calls. */
  async call(rate: number, seconds: number): Promise<Report> {
    const addresses = this.#running.map(({ port }) => `127.0.0.1:${port}`).join()
    const args = ['--servers', addresses, '--rate', String(rate), '--seconds', String(seconds), ...workload]
    const { stdout, stderr } = await run(new URL('../client.ts', import.meta.url), args, '', (seconds + 60) * 1000)
    if (stdout === '') throw new Error(`the client has said nothing: ${stderr}`)
    return JSON.parse(stdout) as Report
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all.map((one) => one.stop('SIGKILL')))
  }
}

function held(): Running {
  return start(new URL('../counted.ts', import.meta.url), ['--held'])
}
