import { withoutStreams } from '@rpc-steps/course'
import type { StepInfo } from '@rpc-steps/course'
import queue from '../06-task-queue/step.ts'
import deadlines from '../07-deadlines/step.ts'

export default {
  title: 'Adaptive',
  waiting: 'learns how much is right',
  part: 'serving',
  adds: 'A number that moves: how much is let in is measured, and not chosen.',
  options: {
    // In front of the queue of step 06.
    workers: queue.options.workers,
    capacity: queue.options.capacity,
    order: {
      of: ['server'],
      help: 'who is next, and who has waited for too long',
      choices: ['both', 'codel', 'lifo', 'fifo'],
      lab: { label: 'Who is next', without: 'fifo', says: 'order #', fails: true },
    },
    threads: queue.options.threads,
    learn: {
      of: ['server'],
      help: 'how it learns how many requests may be in flight',
      choices: ['no', 'aimd', 'gradient2', 'vegas'],
      lab: { label: 'Learns by', without: 'vegas', says: 'learns by #', fails: true },
    },
    start: {
      of: ['server'],
      hint: 'N',
      help: 'requests in flight at first, and for ever with --learn no',
      // More than a few clients have in flight: half of it is what vegas measures with first.
      default: 50,
      least: 1,
      most: 1_000_000,
      lab: { label: 'Begins with', without: '50', most: 500, says: 'begins with #', fails: true },
    },
    slow: {
      of: ['server'],
      hint: 'MS',
      help: 'above this a request counts as too slow, for --learn aimd',
      default: 1000,
      least: 1,
      most: 60_000,
    },
    limit: queue.options.limit,
    timeout: deadlines.options.timeout,
  },
  server: { mustFail: withoutStreams },
  ways: [{ args: '--learn gradient2 --order both', mustFail: withoutStreams }],
  bench: {
    cannot: queue.bench.cannot,
    bars: [{ workload: 'in-flight', atLeast: 0.25, against: '04-async-await' }],
  },
} as const satisfies StepInfo
