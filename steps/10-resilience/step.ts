import type { StepInfo } from '@rpc-steps/course'
import security from '../09-security/step.ts'

export default {
  title: 'Resilience',
  waiting: 'waits before it tries again',
  part: 'serving',
  adds: 'Failure: what is lost is tried again or elsewhere, and never too often.',
  // Around the guard of step 09, with all that can be said of it.
  options: {
    ...security.options,
    rate: { of: ['client'], hint: 'N', help: 'calls so many times a second, whatever becomes of the calls before', least: 1, most: 100_000 },
    seconds: { of: ['client'], hint: 'N', help: 'how long to call at that rate', default: 10, least: 1, most: 86_400 },
  },
  pieces: security.pieces,
  makes: security.makes,
} as const satisfies StepInfo
