import { withoutQueue } from '@rpc-steps/course'
import type { StepInfo } from '@rpc-steps/course'

const server = { mustFail: withoutQueue }

export default {
  title: 'The event loop',
  waiting: 'asks which socket is ready',
  part: 'waiting',
  options: {
    selector: {
      of: ['server', 'client'],
      help: 'how to ask which sockets are ready',
      choices: ['spin', 'poll', 'epoll', 'kqueue'],
      only: { epoll: 'linux', kqueue: 'darwin' },
      lab: { label: 'Selector', without: 'the best', says: '#' },
    },
  },
  notOn: { win32: 'it calls the sockets of the C library; on Windows, use WSL' },
  numericHosts: true,
  server,
  ways: [
    { args: '--selector poll', ...server },
    {
      args: '--selector spin',
      ...server,
      except: { chaos: 'it never rests, and there a server is asked to' },
    },
  ],
  model: {
    atOnce: 'all',
    sleepsIn: {
      option: 'selector',
      usual: 'epoll',
      calls: { poll: 'poll', epoll: 'epoll_wait', kqueue: 'kevent' },
    },
  },
  bench: {
    bars: [
      { workload: 'in-flight', atLeast: 1.5, against: 'bare' },
      { workload: 'connections', atLeast: 1.2, against: 'bare' },
      { workload: 'large', atLeast: 1.5, against: 'bare' },
    ],
  },
} as const satisfies StepInfo
