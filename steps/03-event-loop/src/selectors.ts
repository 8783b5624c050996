import type { Syscalls } from '@rpc-steps/sockets'
import { EpollSelector } from './epoll.ts'
import { KqueueSelector } from './kqueue.ts'
import { PollSelector } from './poll.ts'
import type { Selector } from './selector.ts'
import { SpinSelector } from './spin.ts'

/** The ways to ask, from the oldest to the newest. */
export const selectorNames = ['spin', 'poll', 'epoll', 'kqueue'] as const
/** One of them. */
export type SelectorName = (typeof selectorNames)[number]

/** Those that this system has; the last one is the best. */
export function availableSelectors(syscalls: Syscalls): SelectorName[] {
  const missing = { epoll: !syscalls.epoll, kqueue: !syscalls.kqueue, spin: false, poll: false }
  return selectorNames.filter((name) => !missing[name])
}

/** Makes a selector, the best of the system if none is named. */
export function createSelector(
  syscalls: Syscalls,
  name: SelectorName = availableSelectors(syscalls).at(-1)!,
): Selector {
  switch (name) {
    case 'spin':
      return new SpinSelector()
    case 'poll':
      return new PollSelector(syscalls)
    case 'epoll':
      return new EpollSelector(syscalls)
    case 'kqueue':
      return new KqueueSelector(syscalls)
  }
}
