import { play } from '@rpc-steps/cli/demo'
import type { TraceEvent } from '@rpc-steps/trace'
import { steps } from '../.vitepress/course.ts'
import { wordsOf } from '../lab/plan.ts'
import type { Plan } from '../lab/plan.ts'
import { tidy } from './tidy.ts'

/** Every trace that the site shows: `docs/traces/NAME.json`, and what is run for it. */
export const scenes: Readonly<Record<string, Plan>> = {
  ...Object.fromEntries(
    steps.flatMap(({ number: step }): [string, Plan][] => [
      [`${step}-five-fetches`, { step, clients: 1, calls: 5, latency: 'pages' }],
      [`${step}-five-clients`, { step, clients: 5, calls: 1, latency: 'pages' }],
    ]),
  ),
  '01-five-clients-threads': { step: '01', clients: 5, calls: 1, latency: 'pages', threads: 5 },
}

/** Runs a plan with the step's own programs and returns the tidy trace. */
export async function record(plan: Plan): Promise<TraceEvent[]> {
  const { folder } = steps.find(({ number }) => number === plan.step)!
  const { server, client, calls } = wordsOf(plan)
  const events = await play(new URL(`../../steps/${folder}/`, import.meta.url), {
    scenario: { title: '', clients: calls },
    predicted: { formula: '', ms: 0 },
    serverArgs: server,
    clientArgs: client,
  })
  return tidy(events)
}
