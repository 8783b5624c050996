import type { Random } from './random.ts'

/** Two of these by chance, which are not the same unless there is only one. */
export function two<T>(all: readonly T[], random: Random): [T, T] {
  const first = Math.floor(random() * all.length)
  const second = (first + 1 + Math.floor(random() * (all.length - 1))) % all.length
  return [all[first]!, all[second]!]
}
