import { withoutQueue } from '@rpc-steps/course'
import type { StepInfo } from '@rpc-steps/course'

export default {
  title: 'Callbacks',
  waiting: 'returns at once and is called back',
  part: 'waiting',
  server: { mustFail: withoutQueue },
  model: { atOnce: 'all' },
  bench: {
    bars: [
      { workload: 'in-flight', atLeast: 1.5, against: 'bare' },
      { workload: 'in-flight', atLeast: 4, against: 'vscode-jsonrpc' },
      { workload: 'large', atLeast: 1.8, against: 'bare' },
    ],
  },
} as const satisfies StepInfo
