import { withoutCancel, withoutQueue } from '@rpc-steps/course'
import type { StepInfo } from '@rpc-steps/course'

const inTurn = 'a blocking thread reads the next request after it has answered the last one'

/** A thread reads one call of its client, and the next when it has answered. */
const mustFail = {
  'waiting: of five calls on one connection the shortest is answered first': inTurn,
  'waiting: a batch that waits does not hold up the call behind it': inTurn,
  ...withoutCancel,
}
const skip = {
  'waiting: a flood is refused before it is swallowed': 'what is not read is not swallowed',
  'waiting: whoever is refused is told when to come back': 'what is not read is not refused',
  'ids: an id that is still in flight is refused':
    'a connection that is read one call at a time has no two in flight',
}

export default {
  title: 'Blocking sockets',
  waiting: 'sleeps in the kernel',
  part: 'waiting',
  options: {
    threads: {
      of: ['server'],
      hint: 'N',
      help: 'threads that serve; 0 is the main one alone',
      default: 0,
      least: 0,
      most: 500,
      lab: {
        label: 'Threads that serve',
        without: 'the main one',
        most: 10,
        says: '# threads',
        saysOne: 'one thread',
      },
    },
    timeout: {
      of: ['client'],
      hint: 'MS',
      help: 'how long a call may take; 0 is for ever',
      default: 0,
      least: 0,
      most: 3_600_000,
    },
  },
  notOn: { win32: 'it calls the sockets of the C library; on Windows, use WSL' },
  numericHosts: true,
  server: {
    clients: 'one',
    mustFail: {
      ...mustFail,
      'waiting: a second client is answered while the first one waits':
        'the only thread is asleep for the first client',
      'waiting: a second client is answered while the first one computes':
        withoutQueue['waiting: a second client is answered while the first one computes'],
    },
    skip: {
      ...skip,
      'ids: two connections may use the same id at the same time':
        'one connection is served at a time',
      "deadlines: a cancel of somebody else's request": 'one connection is served at a time',
      'framing: half a frame of one client holds nobody else up': 'one connection is served at a time',
    },
  },
  ways: [{ args: '--threads 4', clients: 'threads', mustFail, skip }],
  model: { atOnce: 1, blocking: true, threads: 'threads' },
  bench: {
    cannot: {
      workloads: ['in-flight', 'connections', 'gather', 'large'],
      because: 'a call that blocks holds its thread: one at a time is all it can do',
    },
    // One at a time most of a call is the kernel's: a write to loopback takes half of it, by anybody.
    bars: [{ workload: 'one', atLeast: 1.3, against: 'bare' }],
  },
} as const satisfies StepInfo
