import { EAGAIN, EINTR } from '../errors.ts'
import type { Socket } from './descriptors.ts'
import type { World } from './world.ts'

/** What a call takes on the network's clock, in milliseconds: time passes for who spins, too. */
const CALL_MS = 0.01

/** How a call of the program begins, waits and is interrupted. */
export class Calls {
  readonly #world: World
  #happened = 0
  #idle = 0

  constructor(world: World) {
    this.#world = world
  }

  /** A call begins: time passes, and what is due happens. */
  enter(call: string): void {
    const { timeline, patience } = this.#world
    timeline.moveTo(timeline.now + CALL_MS)
    this.#idle = timeline.happened === this.#happened ? this.#idle + 1 : 0
    this.#happened = timeline.happened
    if (this.#idle > patience) {
      const message = `livelock: nothing happened in ${patience} calls, the last one ${call}`
      throw this.#world.error(message)
    }
  }

  /** A call that a non-blocking socket does not wait in. */
  mayBlock(
    call: string,
    socket: Socket,
    limit: 'receiveTimeout' | 'sendTimeout',
    attempt: () => number,
  ): number {
    const { nonBlocking, options } = socket
    const interrupted = this.#world.fairFault('interrupt')
    if (interrupted && (nonBlocking || this.#world.chance(0.5))) return EINTR
    if (nonBlocking) return this.#world.fairFault('again') ? EAGAIN : attempt()
    // 0 is no limit, as in the kernel.
    return this.wait(call, options.get(limit) || Infinity, interrupted, attempt)
  }

  /** Tries until the result is another than EAGAIN. Between two attempts something happens. */
  wait(call: string, timeoutMs: number, interrupted: boolean, attempt: () => number): number {
    const { timeline, random } = this.#world
    if (timeline.moving) throw this.#world.error(`a peer's callback must not wait in ${call}`)
    const end = timeline.now + timeoutMs
    for (;;) {
      const result = attempt()
      if (result !== EAGAIN || timeline.now >= end) return result
      const next = Math.min(timeline.next, end)
      if (next === Infinity) throw this.#world.error(`deadlock: ${call} would sleep for ever`)
      if (interrupted) {
        timeline.moveTo(timeline.now + random() * (next - timeline.now))
        return EINTR
      }
      timeline.moveTo(next)
    }
  }
}
