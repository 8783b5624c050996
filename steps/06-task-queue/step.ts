import { withoutCancel } from '@rpc-steps/course'
import type { StepInfo } from '@rpc-steps/course'

const most = 1_000_000

export default {
  title: 'Task queue',
  waiting: 'has requests wait their turn',
  part: 'serving',
  adds: 'A bound: who would wait too long is told at once.',
  options: {
    workers: {
      of: ['server'],
      hint: 'N',
      help: 'requests that are worked on at a time',
      default: 16,
      least: 1,
      most,
      lab: { label: 'Workers', without: '16', most: 50, says: '# workers', saysOne: 'one worker' },
    },
    capacity: { of: ['server'], hint: 'N', help: 'requests that wait for a worker', default: 256, least: 0, most },
    order: {
      of: ['server'],
      help: 'who is next',
      choices: ['priority', 'fair', 'fifo'],
      lab: { label: 'Who is next', without: 'fifo', says: 'order #' },
    },
    threads: {
      of: ['server'],
      hint: 'N',
      help: 'threads for hash; with 0 the main one computes',
      default: 1,
      least: 0,
      most: 500,
    },
    limit: { of: ['client'], hint: 'N', help: 'calls in flight at most', default: 1000, least: 1, most },
    priority: { of: ['client'], hint: 'N', help: 'how urgent the calls are, 9 most of all', least: 0, most: 9 },
  },
  server: { mustFail: withoutCancel },
  ways: [
    { args: '--order priority', mustFail: withoutCancel },
    { args: '--order fair', mustFail: withoutCancel },
  ],
  model: { atOnce: 'all', workers: { option: 'workers', usual: 16 } },
  bench: {
    cannot: { workloads: ['gather'], because: 'a thousand at once is what its queue says no to' },
    bars: [{ workload: 'in-flight', atLeast: 0.9, against: '04-async-await' }],
  },
} as const satisfies StepInfo
