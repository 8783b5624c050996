import { FaultyNetwork } from './faulty/network.ts'
import type { FaultyOptions } from './faulty/world.ts'

/**
 * A network in memory behind the same calls as the kernel's, on which things go wrong: reads of one
 * byte, short writes, EINTR, EAGAIN, EMFILE, HUP without IN, and on request refused and broken
 * connections. What goes wrong and when depends on `seed` alone.
 *
 * @throws FaultyNetworkError, from any call, when the program can never finish. It names the seed.
 */
export function faultySyscalls(seed: number, options?: FaultyOptions): FaultyNetwork {
  return new FaultyNetwork(seed, options)
}

/**
 * Runs `body` with the seeds 1 to `count`, one after another. When one fails, its error says
 * `replay with SEED=...`, and with that in the environment only this one is run.
 */
export async function forSeeds(
  count: number,
  body: (seed: number) => void | Promise<void>,
): Promise<void> {
  for (const seed of seedsToRun(count, process.env['SEED'])) {
    try {
      await body(seed)
    } catch (error) {
      if (error instanceof Error) error.message += `\nreplay with SEED=${seed}`
      throw error
    }
  }
}

function seedsToRun(count: number, chosen: string | undefined): number[] {
  if (!chosen) return Array.from({ length: count }, (_, index) => index + 1)
  if (!/^\d+$/.test(chosen)) throw new Error(`SEED must be a whole number, not "${chosen}"`)
  return [Number(chosen)]
}
