import { withoutStreams } from '@rpc-steps/course'
import type { StepInfo } from '@rpc-steps/course'
import queue from '../06-task-queue/step.ts'

export default {
  title: 'Deadlines',
  waiting: 'knows when to stop',
  part: 'serving',
  adds: 'An end: who gives up says so, and the work for it stops everywhere.',
  // Around the queue of step 06, with all that can be said of it.
  options: {
    ...queue.options,
    timeout: {
      of: ['client'],
      hint: 'MS',
      help: 'milliseconds that a call may take',
      least: 0,
      most: Number.MAX_SAFE_INTEGER,
      lab: { label: 'Patience, in ms', without: 'no end', most: 5000, says: 'given up after # ms', fails: true },
    },
    tell: {
      of: ['client'],
      help: 'whether the servers hear of the end of a call',
      choices: ['no', 'yes'],
      lab: { label: 'Servers are told', without: 'yes', says: 'servers told: #' },
    },
    hops: {
      of: [],
      hint: 'N',
      help: 'servers in a row, each asked by the one before it',
      least: 2,
      most: 5,
      lab: { label: 'Servers in a row', without: 'one', says: 'a chain of # servers' },
    },
  },
  chain: { hops: 'hops', upstream: 'upstream', relay: 'relay' },
  server: { mustFail: withoutStreams },
  ways: [{ args: '--order fair', mustFail: withoutStreams }],
  bench: {
    cannot: queue.bench.cannot,
    bars: [{ workload: 'in-flight', atLeast: 0.2, against: '04-async-await' }],
  },
} as const satisfies StepInfo
