import type { Scenario } from '@rpc-steps/course'
import { search } from './search.ts'
import type { Bound, Found } from './search.ts'
import { Play } from './stage.ts'

/**
 * The same fault in fewer things that happen: leaves out one call after the other, as long as an order is found that
 * breaks the same rule, and is no longer. The search gives the shortest for each.
 */
export async function shrink(scenario: Scenario, found: Found, bound: Bound): Promise<Found> {
  const rule = found.played.broken!.rule
  const deviations = found.played.choices.filter((choice) => choice > 0).length
  const names = new Play(scenario).names.filter((name) => !found.without.includes(name))
  for (const name of names) {
    const without = [...found.without, name]
    const { wrong } = await search(scenario, { ...bound, deviations: Math.min(deviations, bound.deviations), random: 0 }, { without, rule })
    if (wrong && wrong.rows.length <= found.played.rows.length) return shrink(scenario, { ...found, without, played: wrong }, bound)
  }
  return found
}
