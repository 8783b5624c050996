/** Gives each history a number, and the same history the same one: states are compared by these. */
export class Past {
  readonly #numbers = new Map<string, number>()

  /** The number of the history with this number, and then this. The empty one is 0. */
  and(before: number, what: string): number {
    const key = `${before} ${what}`
    let number = this.#numbers.get(key)
    if (number === undefined) this.#numbers.set(key, (number = this.#numbers.size + 1))
    return number
  }
}
