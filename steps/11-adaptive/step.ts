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
      default: 10,
      least: 1,
      most: 1_000_000,
      lab: { label: 'Begins with', without: '10', most: 100, says: 'begins with #', fails: true },
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
  ways: [{ args: '--learn gradient2', mustFail: withoutStreams }],
} as const satisfies StepInfo
