import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Where chance comes from: a number from 0 to below 1, like `Math.random`. */
export type Random = () => number

/** The same numbers for the same seed. */
export function seeded(seed: number): Random {
  const source = xoroshiro128plus(seed)
  return () => uniformFloat64(source)
}

/** A time between two events that know nothing of each other (exponential distribution). */
export const exponential = (random: Random, mean: number): number => -mean * Math.log(1 - random())

/** A number from the bell curve around 0, of variance 1. G. Box and M. Muller, 1958. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Two of these by chance, which are not the same unless there is only one. */
export function two<T>(all: readonly T[], random: Random): [T, T] {
  const first = Math.floor(random() * all.length)
  const second = (first + 1 + Math.floor(random() * (all.length - 1))) % all.length
  return [all[first]!, all[second]!]
}
