import { withoutQueue } from '@rpc-steps/course'
import type { StepInfo } from '@rpc-steps/course'

export default {
  title: 'Gather',
  waiting: 'waits for many at once',
  part: 'waiting',
  options: {
    limit: {
      of: ['client'],
      hint: 'N',
      help: 'calls in flight at most',
      default: 1000,
      least: 1,
      most: 1_000_000,
      lab: { label: 'At once, at most', without: 'no limit', most: 50, says: 'at most # at once' },
    },
  },
  server: { mustFail: withoutQueue },
  model: { atOnce: { option: 'limit' } },
  bench: {
    bars: [
      // Who gathers keeps all results until the last is there.
      { workload: 'large', atLeast: 1.5, against: 'bare' },
      { workload: 'gather', atMostMs: 18 },
    ],
  },
} as const satisfies StepInfo
