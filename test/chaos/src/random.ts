/** A number from 0 to 1, by chance. */
export type Random = () => number

/** The chance of this seed: Mulberry32, by Tommy Ettinger, in the public domain. */
export function randomOf(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A whole number between these two, both included. */
export function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1))
}

/** The same, and each order of magnitude comes as often as any other. */
export function magnitude(random: Random, least: number, most: number): number {
  return Math.round(least * (most / least) ** random())
}

/** One of these. */
export function oneOf<T>(random: Random, all: readonly T[]): T {
  return all[between(random, 0, all.length - 1)]!
}
