import { withoutContract } from '@rpc-steps/course'
import type { StepInfo } from '@rpc-steps/course'
import resilience from '../10-resilience/step.ts'

export default {
  title: 'Adaptive',
  waiting: 'learns how much is right',
  part: 'serving',
  adds: 'A number that moves: how much is let in is measured, and not chosen.',
  options: {
    // In front of the queue of step 06, and behind what the steps in between have put around it.
    ...resilience.options,
    order: {
      of: ['server'],
      help: 'who is next, and who has waited for too long',
      choices: ['both', 'codel', 'lifo', 'fifo'],
      lab: { label: 'Who is next', without: 'fifo', says: 'order #', fails: true },
    },
    learn: {
      of: ['server'],
      help: 'how it learns how many requests may be in flight',
      choices: ['no', 'aimd', 'gradient2', 'vegas'],
      lab: { label: 'Learns by', without: 'vegas', says: 'learning: #', fails: true },
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
    'too-slow': {
      of: ['server'],
      hint: 'MS',
      help: 'above this a request counts as too slow, for --learn aimd',
      default: 1000,
      least: 1,
      most: 60_000,
    },
    pick: {
      of: ['client'],
      help: 'how it is chosen which of several servers is asked',
      choices: ['bandit', 'peak-ewma', 'two'],
    },
  },
  pieces: resilience.pieces,
  makes: resilience.makes,
  group: resilience.group,
  server: { mustFail: withoutContract },
  ways: [{ args: '--learn gradient2 --order both', mustFail: withoutContract }],
  bench: {
    cannot: resilience.bench.cannot,
    bars: [{ workload: 'in-flight', atLeast: 0.25, against: '04-async-await' }],
  },
} as const satisfies StepInfo
