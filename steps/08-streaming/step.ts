import { withoutPolicy } from '@rpc-steps/course'
import type { StepInfo } from '@rpc-steps/course'
import queue from '../06-task-queue/step.ts'
import deadlines from '../07-deadlines/step.ts'

const most = 1_048_576

export default {
  title: 'Streaming',
  waiting: 'waits for credit',
  part: 'serving',
  adds: 'Pieces: an answer comes as fast as it is read, and no faster.',
  // Inside the queue of step 06 and the deadlines of step 07, with all that can be said of them.
  options: {
    ...queue.options,
    timeout: deadlines.options.timeout,
    credit: {
      of: ['client'],
      hint: 'N',
      help: 'asks for answers in pieces, N of them ahead at most',
      least: 1,
      most,
      lab: { label: 'Items ahead', without: 'whole', most: 50, says: 'in pieces, # of them ahead', saysOne: 'in pieces, one ahead' },
    },
    slow: {
      of: ['client'],
      hint: 'MS',
      help: 'pause before each piece; type another, or stop',
      default: 0,
      least: 0,
      most: 60_000,
      lab: { label: 'The reader pauses, in ms', without: 'not at all', most: 1000, says: 'a reader that pauses # ms', live: true },
    },
    items: {
      of: [],
      hint: 'N',
      help: 'items of each answer, which takes so much longer',
      least: 1,
      most: 500,
      lab: { label: 'Items of each', without: '20', says: '# items', saysOne: 'one item' },
    },
    up: { of: ['client'], hint: 'N', help: 'streams the numbers from 1 to N to the server', least: 0, most: 1_000_000_000 },
  },
  pieces: { option: 'credit', method: 'feed', items: 20, many: 'items' },
  server: { mustFail: withoutPolicy },
  ways: [{ args: '--order fair', mustFail: withoutPolicy }],
  bench: {
    cannot: deadlines.bench.cannot,
    bars: [{ workload: 'in-flight', atLeast: 0.2, against: '04-async-await' }],
  },
} as const satisfies StepInfo
