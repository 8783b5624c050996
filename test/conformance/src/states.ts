import { stepsIn, subjectNamed, subjectsOf } from '@rpc-steps/course/steps'
import type { Subject } from '@rpc-steps/course/steps'

/** What a server must do with a case. A case that must fail and passes is a failure, too. */
export type State = 'pass' | 'skip' | 'must fail'

/**
 * Every step that takes part, in every way of starting it. What one still cannot do,
 * and a later step can, stands in its `step.ts`; a case that is not there must pass.
 */
export const subjects: readonly Subject[] = stepsIn('conformance').flatMap((step) =>
  subjectsOf(step, 'conformance'),
)

/** A server by its name, as `subjectNamed` takes it. */
export function subjectOf(name: string): Subject {
  return subjectNamed(name, subjects)
}

/** What this server must do with this case, and why if it is an exception. */
export function stateOf(
  { mustFail, skip }: Pick<Subject, 'mustFail' | 'skip'>,
  caseId: string,
): { state: State; because: string } {
  const fails = mustFail?.[caseId]
  if (fails !== undefined) return { state: 'must fail', because: fails }
  const skipped = skip?.[caseId]
  if (skipped !== undefined) return { state: 'skip', because: skipped }
  return { state: 'pass', because: '' }
}
