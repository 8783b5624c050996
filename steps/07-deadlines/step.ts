import { withoutStreams } from '@rpc-steps/course'
import type { StepInfo } from '@rpc-steps/course'
import queue from '../06-task-queue/step.ts'

export default {
  title: 'Deadlines',
  waiting: 'knows when to stop',
  part: 'serving',
  // Around the queue of step 06, with all that can be said of it.
  options: queue.options,
  server: { mustFail: withoutStreams },
  ways: [{ args: '--order fair', mustFail: withoutStreams }],
  bench: {
    cannot: queue.bench.cannot,
    bars: [{ workload: 'in-flight', atLeast: 0.4, against: '04-async-await' }],
  },
} as const satisfies StepInfo
