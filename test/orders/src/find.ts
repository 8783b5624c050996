import type { Scenarios } from '@rpc-steps/course'
import { draw } from './draw.ts'
import { search } from './search.ts'
import type { Bound, Found } from './search.ts'
import { shrink } from './shrink.ts'

/**
 * Searches scenario after scenario until one is wrong in some order. Returns the shortest such order of that
 * scenario. What was tried is told to `say`, a line each.
 */
export async function find(scenarios: Scenarios, bound: Bound, say: (line: string) => void = () => {}): Promise<Found | undefined> {
  for (const [i, scenario] of scenarios.entries()) {
    const began = performance.now()
    const { tried, random, deviations, wrong } = await search(scenario, bound)
    const seconds = (performance.now() - began) / 1000
    if (wrong) return shrink(scenario, { scenario: i, without: [], played: wrong }, bound)
    const all = `all with up to ${deviations} deviations, ${random} by chance with seed ${bound.seed}`
    say(`${scenario.name}\n  ${tried} orders, ${all}, in ${seconds.toFixed(1)} s, ${Math.round(tried / seconds)} a second: all held`)
  }
  return undefined
}

/** An order in words and as a picture. */
export function told(scenarios: Scenarios, { scenario, without, played }: Found): string {
  const { name } = scenarios[scenario]!
  const less = without.length > 0 ? `, without ${without.join(' and ')}` : ''
  const { broken } = played
  const end = broken ? `Wrong: ${broken.text}.\nThe rule: ${broken.rule}.` : 'All of it is right.'
  return `${name}${less}\n\n${draw(played.rows)}\n\n${end}`
}
