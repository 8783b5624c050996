import { withoutQueue } from '@rpc-steps/course'
import type { StepInfo } from '@rpc-steps/course'

export default {
  title: 'Completion',
  waiting: 'sleeps until the kernel has done what it was asked to',
  part: 'below the loop',
  notOn: {
    darwin: 'only Linux has io_uring',
    win32: 'only Linux has io_uring; on Windows, use WSL',
  },
  numericHosts: true,
  server: { mustFail: withoutQueue },
  model: { atOnce: 'all', sleepsIn: 'io_uring_enter' },
  bench: {
    bars: [
      { workload: 'connections', atLeast: 1.3, against: 'bare' },
      { workload: 'connections', atLeast: 1.1, against: '03-event-loop' },
      { workload: 'one', atLeast: 0.8, against: '03-event-loop' },
      { workload: 'in-flight', atLeast: 0.8, against: '03-event-loop' },
      { workload: 'large', atLeast: 0.7, against: '03-event-loop' },
    ],
  },
} as const satisfies StepInfo
