import type { Scenario, Scenarios } from '@rpc-steps/course'
import type { Found } from './order.ts'
import type { Played } from './play.ts'
import { mulberry32 } from '@rpc-steps/sockets/random'
import { Search } from './search.ts'
import { Play } from './stage.ts'

/** How far a search goes. */
export interface Bound {
  /** Choices in one order that are not the plain one. */
  deviations: number
  /** Orders of each scenario that are played, at most. */
  orders: number
  /** Orders of each that are played beyond that, by chance. */
  random: number
  seed: number
}

/** What came of a search. */
export interface Searched {
  /** What was played of each scenario. */
  searches: readonly Search[]
  /** The shortest of the wrong orders with the fewest deviations. */
  found: Found | undefined
}

/** Plays all scenarios up to a bound, or until one is wrong in some order, which is made as short as it can be. */
export async function find(scenarios: Scenarios, bound: Bound): Promise<Searched> {
  const searches = scenarios.map((scenario) => new Search(scenario, bound.orders))
  for (let deviations = 0; deviations <= bound.deviations; deviations++) {
    const wrongs: Found[] = []
    for (const [scenario, search] of searches.entries()) {
      const played = search.over ? undefined : await search.deviate()
      if (played) wrongs.push({ scenario, without: [], played })
    }
    const [first] = wrongs.sort((a, b) => a.played.rows.length - b.played.rows.length)
    if (first) return { searches, found: await shorter(scenarios[first.scenario]!, first, bound.orders) }
  }
  for (const [scenario, search] of searches.entries()) {
    const chance = mulberry32(bound.seed)
    for (let i = 0; i < bound.random; i++) {
      const played = await search.guess(chance)
      if (played) return { searches, found: await shorter(scenarios[scenario]!, { scenario, without: [], played }, bound.orders) }
    }
  }
  return { searches, found: undefined }
}

/**
 * The same fault in fewer things that happen: with fewer deviations, if it was found by chance, and without one call
 * after the other, as long as some order breaks the same rule and is no longer.
 */
async function shorter(scenario: Scenario, found: Found, orders: number): Promise<Found> {
  const { without, played } = found
  const names = new Play(scenario).names.filter((name) => !without.includes(name))
  for (const less of [[], ...names.map((name) => [name])]) {
    const all = [...without, ...less]
    const better = await shortest(new Search(scenario, orders, all, played.broken!.rule), deviationsOf(played))
    if (!better || better.rows.length > played.rows.length) continue
    if (less.length === 0 && better.rows.length === played.rows.length) continue
    return shorter(scenario, { ...found, without: all, played: better }, orders)
  }
  return found
}

async function shortest(search: Search, deviations: number): Promise<Played | undefined> {
  for (let played; search.deviations < deviations && !search.over; ) {
    if ((played = await search.deviate())) return played
  }
  return undefined
}

const deviationsOf = ({ choices }: Played) => choices.filter((choice) => choice > 0).length
