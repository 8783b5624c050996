import { codes, RpcError } from '@rpc-steps/wire'
import type { Request } from '@rpc-steps/wire'
import { Fifo } from './fifo.ts'
import type { Line, Waiting } from './line.ts'

const levels = 10
/** Of a request that does not say: the same scale and the same middle as in Jakarta Messaging (JMSPriority). */
const ordinary = 4

/** The priority of a request. Throws RpcError -32600 for one that is none. */
export function priorityOf({ meta }: Request): number {
  const { priority = ordinary } = meta ?? {}
  if (Number.isInteger(priority) && priority >= 0 && priority < levels) return priority
  throw new RpcError(codes.invalidRequest, 'Invalid Request', `meta.priority must be a whole number from 0 to 9, not ${priority}`)
}

// #region priority
/**
 * The most urgent first. Who waits grows more urgent, by one level each `aging` milliseconds, so
 * nobody starves: a request of priority 0 lets pass only what comes in the time of nine levels.
 */
export class ByPriority<T extends Waiting> implements Line<T> {
  readonly #levels = Array.from({ length: levels }, () => new Fifo<T>())
  readonly #aging: number
  size = 0

  constructor(aging: number) {
    this.#aging = aging
  }

  add(task: T): void {
    this.#levels[task.priority]!.add(task)
    this.size++
  }

  next(): T | undefined {
    let best: T | undefined
    for (const { first } of this.#levels) {
      if (first && (!best || this.#rank(first) <= this.#rank(best))) best = first
    }
    if (best) this.remove(best)
    return best
  }

  remove(task: T): void {
    this.#levels[task.priority]!.remove(task)
    this.size--
  }

  /** All grow older at the same pace, so who is before whom never changes, and no clock is needed. */
  #rank({ since, priority }: T): number {
    return since - priority * this.#aging
  }
}
// #endregion
