/** How many retries there may be. */
export interface BudgetOptions {
  /** Retries for each call, in the long run. Default 0.1. */
  ratio?: number
  /** What is in it at first: retries that need no calls before them. Default 10. */
  start?: number
  /** What is in it at most. Default 50. */
  most?: number
}

// #region budget
/**
 * An account of retries: each call pays in a part of one, each retry takes out a whole one, and when it is empty
 * there is none. One failure in a hundred is retried as ever; when all fail, the load grows by a tenth, and not by
 * as many times as each caller is willing to try. RetryBudget in Finagle.
 */
export class Budget {
  /** What a retry costs, in calls: ten times 0.1 is less than 1. */
  readonly #price: number
  readonly #most: number
  #calls: number

  /** Throws RangeError. */
  constructor({ ratio = 0.1, start = 10, most = 50 }: BudgetOptions = {}) {
    if (!(ratio > 0)) throw new RangeError(`the ratio of a budget must be more than 0, not ${ratio}`)
    if (!(most >= 1)) throw new RangeError(`a budget must have room for one retry or more, not ${most}`)
    if (!(start >= 0)) throw new RangeError(`a budget starts with 0 or more, not ${start}`)
    this.#price = 1 / ratio
    this.#most = most * this.#price
    this.#calls = Math.min(this.#most, start * this.#price)
  }

  /** Retries that it has. */
  get balance(): number {
    return this.#calls / this.#price
  }

  /** A call is made. */
  deposit(): void {
    this.#calls = Math.min(this.#most, this.#calls + 1)
  }

  /** Takes out a retry. Returns false, and takes nothing, if there is not a whole one. */
  withdraw(): boolean {
    if (this.#calls < this.#price) return false
    this.#calls -= this.#price
    return true
  }
}
// #endregion
