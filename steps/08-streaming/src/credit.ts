import { codes, RpcError } from '@rpc-steps/wire'

// #region credit
/** Items that may be granted and not sent yet, at most. */
export const mostCredit = 1_048_576

/** One end has not kept to what was agreed: it ends this stream, and nothing else. */
export function broken(how: string): RpcError {
  return new RpcError(codes.invalidRequest, 'Invalid Request', how)
}

/** How many more items may be sent. Both ends count, so each knows what the other may do. */
export class Credit {
  #left = 0

  get left(): number {
    return this.#left
  }

  /** Throws RpcError -32600 for a grant that is none, or is too much. */
  grant(items: unknown): void {
    if (!Number.isInteger(items) || Number(items) < 1 || this.#left + Number(items) > mostCredit) {
      const given = JSON.stringify(items)?.slice(0, 40)
      throw broken(`"credit" must be a whole number from 1, and at most ${mostCredit} in all, not ${given}`)
    }
    this.#left += Number(items)
  }

  /** Throws RpcError -32600 when there is not so much. */
  spend(items: number): void {
    if (items > this.#left) throw broken(`${items} items, and credit for ${this.#left}`)
    this.#left -= items
  }
}
// #endregion
