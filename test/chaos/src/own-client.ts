import { existsSync } from 'node:fs'
import { start } from '@rpc-steps/cli/processes'
import type { Running } from '@rpc-steps/cli/processes'
import { home } from '@rpc-steps/course/steps'
import type { Subject } from '@rpc-steps/course/steps'
import type { Heard } from './lanes.ts'
import type { Order, Said } from './own.ts'

/** The client that a step brings for the benchmark, in a process of its own. */
export class OwnClient {
  readonly #running: Running
  readonly #inTurn: boolean

  private constructor(running: Running, inTurn: boolean) {
    this.#running = running
    this.#inTurn = inTurn
  }

  /** Resolves when it is ready, with undefined if the step brings none. */
  static async of({ step, clients }: Subject): Promise<OwnClient | undefined> {
    const module = new URL(`${step.folder}/bench.ts`, home)
    if (!existsSync(module)) return undefined
    const running = start(new URL('own.ts', import.meta.url), [module.href], { ipc: true })
    // Where a server has a thread for each client, the client blocks as well.
    const own = new OwnClient(running, clients !== undefined)
    await own.#until('ready', () => {})
    return own
  }

  /** Resolves when it has gone through its lanes. Rejects if it ends before. */
  go(order: Omit<Order, 'inTurn'>, heard: Heard): Promise<void> {
    this.#running.process.send({ ...order, inTurn: this.#inTurn } satisfies Order)
    return this.#until('done', heard)
  }

  async #until(last: Said, heard: Heard): Promise<void> {
    const { process, exited, stderr } = this.#running
    let stop = () => {}
    const said = new Promise<void>((resolve) => {
      const onMessage = (what: Said) => {
        if (what === last) resolve()
        else if (Array.isArray(what)) heard(...what)
      }
      process.on('message', onMessage)
      stop = () => process.off('message', onMessage)
    })
    const ended = exited.then(({ code, signal }) => {
      throw new Error(`the step's own client ended with ${code ?? signal}: ${stderr().trim()}`)
    })
    try {
      await Promise.race([said, ended])
    } finally {
      stop()
    }
  }

  async stop(): Promise<void> {
    // It may be asleep in the kernel, where it hears of nothing.
    await this.#running.stop('SIGKILL')
  }
}
