import type { Scenario } from '@rpc-steps/course'
import { Past } from './past.ts'
import { play } from './play.ts'
import type { Choices, Choose, Played } from './play.ts'
import { watched } from './watched.ts'

/** Orders that are still played when one is wrong: there may be a shorter one with no more deviations. */
const more = 1_000

// #region search
/**
 * Plays a scenario in the plain order, then in all orders that deviate from it once, twice and so on. Where a state
 * is reached that is known, the rest is known too. So what is found first has the fewest deviations, and to hold up
 * one message behind all else is one deviation. After Emmi, Qadeer and Rakamarić, "Delay-bounded scheduling", POPL 2011.
 */
export class Search {
  readonly #scenario: Scenario
  readonly #without: readonly string[]
  readonly #rule: string | undefined
  readonly #most: number
  readonly #known = new Set<string>()
  readonly #pasts = new Past()
  #level: Choices[] = [[]]
  /** Orders that were played, by chance too. */
  tried = 0
  /** All orders with so many deviations were played. */
  deviations = -1
  /** Some with more were played, and then there were enough. */
  cut = false
  milliseconds = 0

  /** `most`: orders. `without`: calls that are left out. `rule`: the one that has to be broken. */
  constructor(scenario: Scenario, most: number, without: readonly string[] = [], rule?: string) {
    this.#scenario = scenario
    this.#most = most
    this.#without = without
    this.#rule = rule
  }

  /** Whether there is nothing more to be played. */
  get over(): boolean {
    return this.cut || this.#level.length === 0
  }

  /** Plays all orders with one more deviation. Returns the shortest that is wrong. */
  async deviate(): Promise<Played | undefined> {
    const next: Choices[] = []
    let [wrong, limit]: [Played | undefined, number] = [undefined, this.#most]
    for (const prefix of this.#level) {
      this.cut = this.tried >= limit
      if (this.cut) break
      const played = await this.#play(this.#after(prefix, next))
      if (!this.#isWrong(played)) continue
      if (!wrong) limit = Math.min(limit, this.tried + more)
      if (!wrong || played.rows.length < wrong.rows.length) wrong = played
    }
    if (!this.cut) this.deviations++
    this.#level = next
    return wrong
  }

  /** Plays an order by chance. Returns it if it is wrong. */
  async guess(chance: () => number): Promise<Played | undefined> {
    // As often as not the plain choice: else nothing would be on its way for long.
    const played = await this.#play((_, count) => (chance() < 0.5 ? 0 : Math.floor(chance() * count)))
    return this.#isWrong(played) ? played : undefined
  }

  /** Makes these choices, then plain ones, and notes what else could be chosen from there on. */
  #after(prefix: Choices, next: Choices[]): Choose {
    const made: number[] = []
    return (moment, count, state) => {
      const choice = prefix[moment] ?? 0
      if (moment >= prefix.length) {
        const now = state()
        if (this.#known.has(now)) return undefined
        this.#known.add(now)
        for (let other = 1; other < count; other++) next.push([...made, other])
      }
      made.push(choice)
      return choice
    }
  }

  async #play(choose: Choose): Promise<Played> {
    const began = performance.now()
    this.tried++
    const played = await watched(() => play(this.#scenario, this.#without, choose, this.#pasts))
    this.milliseconds += performance.now() - began
    return played
  }

  #isWrong({ broken }: Played): boolean {
    return broken !== undefined && (this.#rule === undefined || broken.rule === this.#rule)
  }
}
// #endregion
