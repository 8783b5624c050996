import { contenders } from '@rpc-steps/bench/contenders'
import type { Contender } from '@rpc-steps/bench/contenders'
import { steps } from '@rpc-steps/course/steps'

/** The steps that the benchmark can call on this system: their servers as they are, their clients as they stand. */
export const measured: readonly Contender[] = contenders.filter(({ name }) => steps.some(({ folder }) => folder === name))

/** Where the line of a step is recorded. */
export function recordOf({ name }: Pick<Contender, 'name'>): URL {
  return new URL(`../../../docs/steps/${name}/ledger.json`, import.meta.url)
}
