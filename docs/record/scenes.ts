import { fiveClients, fiveFetches, play } from '@rpc-steps/cli/demo'
import type { Act, Scenario } from '@rpc-steps/cli/demo'
import type { TraceEvent } from '@rpc-steps/trace'
import { steps } from '../.vitepress/course.ts'
import { tidy } from './tidy.ts'

/** One recording: the file in `docs/traces` and what is played for it. */
export interface Scene {
  /** Without `.json`; the first two digits are the step. */
  name: string
  folder: string
  scenario: Scenario
  serverArgs?: string[]
  clientArgs?: string[]
}

/** Every trace that the site shows. */
export const scenes: Scene[] = [
  ...steps.flatMap(({ number, folder }): Scene[] => [
    { name: `${number}-five-fetches`, folder, scenario: fiveFetches },
    { name: `${number}-five-clients`, folder, scenario: fiveClients },
  ]),
  {
    name: '01-five-clients-threads',
    folder: '01-blocking-sockets',
    scenario: fiveClients,
    serverArgs: ['--threads', '5'],
  },
]

/** Plays a scene with the step's own programs and returns the tidy trace. */
export async function record({
  folder,
  scenario,
  serverArgs = [],
  clientArgs = [],
}: Scene): Promise<TraceEvent[]> {
  const act: Act = { scenario, predicted: { formula: '', ms: 0 }, serverArgs, clientArgs }
  return tidy(await play(new URL(`../../steps/${folder}/`, import.meta.url), act))
}
