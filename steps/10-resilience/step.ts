import { withoutContract } from '@rpc-steps/course'
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
    copies: {
      of: [],
      hint: 'N',
      help: 'servers side by side, of which each may be asked',
      least: 2,
      most: 5,
      lab: { label: 'Servers side by side', without: 'one', says: '# servers' },
    },
    killed: {
      of: [],
      hint: 'MS',
      help: 'milliseconds after which the second of them is killed',
      least: 0,
      most: 5000,
      lab: { label: 'One is killed, in ms', without: 'none', says: 'one killed after # ms', fails: true },
    },
    rate: {
      of: ['client'],
      hint: 'N',
      help: 'calls so many times a second, whatever becomes of the calls before',
      least: 1,
      most: 100_000,
      lab: { label: 'Calls a second', without: 'all at once', most: 50, says: '# calls a second' },
    },
    seconds: {
      of: ['client'],
      hint: 'N',
      help: 'how long to call at that rate',
      default: 10,
      least: 1,
      most: 86_400,
      lab: { label: 'For so many seconds', without: '10', most: 5, says: 'for # seconds', saysOne: 'for a second' },
    },
  },
  pieces: security.pieces,
  makes: security.makes,
  group: { copies: 'copies', addresses: 'servers', killed: 'killed' },
  server: { mustFail: withoutContract },
  bench: {
    cannot: security.bench.cannot,
    bars: [{ workload: 'in-flight', atLeast: 0.07, against: '04-async-await' }],
  },
} as const satisfies StepInfo
