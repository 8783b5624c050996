import { causeOf } from './causes/cause.ts'
import type { Case } from './notation.ts'
import { textOf } from './report.ts'
import { runCase } from './run.ts'
import type { Address } from './connections.ts'
import { cameOf } from './session.ts'
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
  const failure = await runCase(aCase, address, bound === undefined ? {} : { bound })
  if (!failure && state === 'pass') return undefined
  if (failure?.decided && state !== 'pass') return undefined
  if (!failure) return `FAILED  ${aCase.id}\n  must fail here (${because}), but it passed`
  const { says: cause, page } = await causeOf(failure, undefined)
  const { id, stage, file, why } = aCase
  const where = `test/conformance/cases/${file}:${failure.line}`
  const { sent, expected } = failure
  const text = textOf({ case: id, stage, where, cause, page, sent, expected, came: cameOf(failure), why, stderr: '' })
  return state === 'pass' ? text : `FAILED  ${id}\n  must fail here (${because}), but it failed for another reason\n${text}`
}
