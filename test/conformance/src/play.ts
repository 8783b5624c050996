import type { Case } from './notation.ts'
import { report } from './report.ts'
import { runCase } from './run.ts'
import type { Address } from './connections.ts'
import type { State } from './states.ts'

/**
 * Plays a case and holds the outcome against the state. Undefined when all is as it must be,
 * otherwise the text that says what is not. A case that must fail has to fail by what came: a
 * server that is silent or gone has proved nothing.
 */
export async function play(
  aCase: Case,
  address: Address,
  { state, because }: { state: State; because: string },
  bound?: number,
): Promise<string | undefined> {
  if (state === 'skip') return undefined
  const failure = await runCase(aCase, address, bound)
  if (state === 'pass') return failure && report(failure)
  if (failure?.decided) return undefined
  const what = failure ? `it failed for another reason\n${report(failure)}` : 'it passed'
  return `FAILED  ${aCase.id}\n  must fail here (${because}), but ${what}`
}
