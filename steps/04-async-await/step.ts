import { withoutQueue } from '@rpc-steps/course'
import type { StepInfo } from '@rpc-steps/course'

export default {
  title: 'Async and await',
  waiting: 'is put aside and resumed',
  part: 'waiting',
  server: { mustFail: withoutQueue },
  model: { atOnce: 1 },
  bench: {
    bars: [
      { workload: 'one', atLeast: 0.9, against: 'bare' },
      { workload: 'in-flight', atLeast: 1.5, against: 'bare' },
      { workload: 'in-flight', atLeast: 4, against: 'vscode-jsonrpc' },
      { workload: 'large', atLeast: 1.8, against: 'bare' },
    ],
    variants: {
      'five-filters': {
        cannot: {
          workloads: ['connections', 'gather', 'large'],
          because: 'step 04 with five filters that do nothing on both ends, to see what a filter costs',
        },
        bars: [{ workload: 'in-flight', atLeast: 0.9, against: '04-async-await' }],
      },
    },
  },
} as const satisfies StepInfo
