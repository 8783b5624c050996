import { play } from '@rpc-steps/cli/demo'
import type { TraceEvent } from '@rpc-steps/trace'
import { steps } from '../course.ts'
import { castOf } from '../lab/plan.ts'
import type { Plan } from '../lab/plan.ts'
import { tidy } from './tidy.ts'

export { scenes } from '../lab/scenes.ts'

/** Runs a plan with the step's own programs and returns the tidy trace. */
export async function record(plan: Plan): Promise<TraceEvent[]> {
  const { folder } = steps.find(({ number }) => number === plan.step)!
  return tidy(await play(new URL(`../../../steps/${folder}/`, import.meta.url), castOf(plan)))
}
