import type { Scenario } from '@rpc-steps/course'
import { play } from './play.ts'
import type { Played } from './play.ts'
import { watched } from './watched.ts'

/** How far a search goes. */
export interface Bound {
  /** Choices in one order that are not the plain one. */
  deviations: number
  /** Orders that are played, at most. */
  orders: number
  /** Orders that are played beyond that, by chance. */
  random: number
  seed: number
}

/** An order that is wrong. */
export interface Found {
  /** Which of the scenarios. */
  scenario: number
  /** Calls that are left out of it. */
  without: readonly string[]
  played: Played
}

/** What came of a search. */
export interface Searched {
  /** Orders that were played, and how many of those by chance. */
  tried: number
  random: number
  /** All orders with so many deviations were played. */
  deviations: number
  wrong: Played | undefined
}

/** Orders that are still played when one is wrong: there may be a shorter one with no more deviations. */
const more = 1_000

/**
 * Plays a scenario in the plain order, then in all that deviate from it once, twice and so on. What led to
 * a state that is known already is not gone on with. So the first that is found has the fewest deviations,
 * and of those it is among the shortest. After Emmi, Qadeer and Rakamarić, "Delay-bounded scheduling", POPL 2011.
 */
export async function search(
  scenario: Scenario,
  { deviations, orders, random, seed }: Bound,
  { without = [], rule }: { without?: readonly string[]; rule?: string } = {},
): Promise<Searched> {
  const known = new Set<string>()
  const wrongs: Played[] = []
  let [tried, limit] = [0, orders]
  const isWrong = (played: Played) => {
    if (!played.broken || (rule !== undefined && played.broken.rule !== rule)) return
    if (wrongs.length === 0) limit = Math.min(limit, tried + more)
    wrongs.push(played)
  }
  let level: (readonly number[])[] = [[]]
  let depth = 0
  for (; depth <= deviations && level.length > 0 && wrongs.length === 0; depth++) {
    const next: number[][] = []
    for (const prefix of level) {
      if (tried >= limit) break
      tried++
      const made: number[] = []
      const choose = (moment: number, count: number, state: () => string): number | undefined => {
        const choice = prefix[moment] ?? 0
        if (moment >= prefix.length) {
          const now = state()
          if (known.has(now)) return undefined
          known.add(now)
          for (let other = 1; other < count; other++) next.push([...made, other])
        }
        made.push(choice)
        return choice
      }
      isWrong(await watched(() => play(scenario, without, choose)))
    }
    if (tried >= limit) break
    level = next
  }
  let byChance = 0
  const chance = randomOf(seed)
  for (; byChance < random && wrongs.length === 0; byChance++) {
    // As often as not the plain one: else nothing would ever be long on its way.
    const choose = (_: number, count: number) => (chance() < 0.5 ? 0 : Math.floor(chance() * count))
    isWrong(await watched(() => play(scenario, without, choose)))
  }
  const [wrong] = wrongs.sort((a, b) => a.rows.length - b.rows.length)
  return { tried: tried + byChance, random: byChance, deviations: depth - 1, wrong }
}

/** Numbers that look random and are the same for the same seed: mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 0x100000000
  }
}
