import type { Random } from '@rpc-steps/sockets/random'

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
