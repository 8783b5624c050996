import { Fifo } from './fifo.ts'
import type { Line, Waiting } from './line.ts'

// #region fair
/**
 * The connections take turns, and each has a line of its own: round robin (Nagle, "On packet switches
 * with infinite storage", RFC 970). When there is no room, who takes up most of it makes room (Suter
 * and others, "Design considerations for supporting TCP with per-flow queueing", 1998: longest queue
 * drop), so a flood drowns itself and nobody else.
 */
export class Fair<T extends Waiting> implements Line<T> {
  /** Only connections of which something waits; whose turn it is stands first. */
  readonly #lines = new Map<unknown, Fifo<T>>()
  size = 0

  add(task: T): void {
    let line = this.#lines.get(task.connection)
    if (!line) this.#lines.set(task.connection, (line = new Fifo()))
    line.add(task)
    this.size++
  }

  next(): T | undefined {
    const [first] = this.#lines
    if (!first) return undefined
    const [connection, line] = first
    const task = line.next()!
    this.size--
    // To the end of the round, if there is more.
    this.#lines.delete(connection)
    if (line.size > 0) this.#lines.set(connection, line)
    return task
  }

  remove(task: T): void {
    const line = this.#lines.get(task.connection)!
    line.remove(task)
    this.size--
    if (line.size === 0) this.#lines.delete(task.connection)
  }

  /** A look at each connection of which something waits: no more of them than there are places. */
  pushOut({ connection }: T): T | undefined {
    let longest: Fifo<T> | undefined
    for (const line of this.#lines.values()) if (line.size > (longest?.size ?? 0)) longest = line
    const own = this.#lines.get(connection)?.size ?? 0
    // With a difference of one, the two would only change places, for ever.
    if (!longest || longest.size < own + 2) return undefined
    const task = longest.last!
    this.remove(task)
    return task
  }
}
// #endregion
