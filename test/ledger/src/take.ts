import { text } from 'node:stream/consumers'
import type { Contender } from '@rpc-steps/bench/contenders'
import { lastCore, start } from '@rpc-steps/bench/processes'
import { filters } from './filters.ts'
import { whyUncounted } from './kernel.ts'
import { measure, shapes } from './measure.ts'
import type { Effort, Means } from './measure.ts'
import { medianOf, rounded } from './row.ts'
import type { Costs, FilterCost, Row } from './row.ts'

/** How much is done, and how often. */
export interface Plan extends Effort {
  runs: number
  /** Rounds for each filter; 0 leaves the filters out. */
  rounds: number
}

/** The whole, and as little as tells anything. */
export const plans = {
  whole: { runs: 3, warmUp: 200, turn: 150, calls: 1000, idle: 1000, rounds: 40 },
  quick: { runs: 1, warmUp: 100, turn: 20, calls: 500, idle: 200, rounds: 10 },
} as const satisfies Record<string, Plan>

/** Hears what is done now: of which step, what, and the part of all that is done. */
export type Progress = (what: string, part: number) => void

/** Measures steps, run after run, so that what else the machine does meets all of them alike. Keeps the median. */
export async function take(steps: readonly Contender[], plan: Plan, tsx: boolean, progress: Progress): Promise<Map<Contender, Row>> {
  const core = lastCore()
  const uncounted = await whyUncounted()
  const known = filters.filter(({ step }) => plan.rounds > 0 && steps.some(({ name }) => name.startsWith(step)))
  // A filter takes about a third of the time of a step.
  const total = plan.runs * steps.length + known.length / 3
  let done = 0
  const runs = new Map<Contender, Costs[]>(steps.map((step) => [step, []]))
  for (let run = 1; run <= plan.runs; run++) {
    for (const step of steps) {
      const means: Means = {
        runtime: { tsx, core }, effort: plan, kernel: uncounted === undefined,
        progress: (what) => progress(`run ${run} of ${plan.runs}, ${step.name}: ${what}`, done / total),
      }
      runs.get(step)!.push(await measure(step, means))
      done++
    }
  }
  const costs = new Map<string, FilterCost[]>()
  for (const { name, step } of known) {
    progress(`filters: ${name}`, done / total)
    const program = start({ tsx, core }, new URL('../measure-filter.ts', import.meta.url), ['--rounds', String(plan.rounds), name])
    const cost = JSON.parse(await text(program.stdout!)) as FilterCost
    costs.set(step, [...(costs.get(step) ?? []), cost])
    done += 1 / 3
  }
  const where = {
    node: process.version, types: tsx ? 'tsx' : 'node', system: `${process.platform} ${process.arch}`,
    pinned: core !== undefined, runs: plan.runs,
  } as const
  return new Map(steps.map((step) => {
    const row: Row = {
      ...where,
      ...medianOf(runs.get(step)!),
      without: [...(uncounted === undefined ? [] : [uncounted]), ...lacking(step)],
      filters: costs.get(step.name.slice(0, 2)) ?? [],
    }
    return [step, rounded(row)]
  }))
}

/** Why it has not all shapes. */
function lacking({ cannot }: Contender): string[] {
  return cannot && shapes.some(([name]) => cannot.workloads.includes(name)) ? [cannot.because] : []
}
