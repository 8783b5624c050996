/**
 * The kernel's sockets, called from TypeScript, and an in-memory network that fails on purpose.
 *
 * @packageDocumentation
 */
export { checkAddress, formatAddress, type Address } from './address.ts'
export * from './epoll-events.ts'
export * from './errors.ts'
export { syscalls } from './kernel.ts'
export * from './kevents.ts'
export * from './poll-fds.ts'
export type { Epoll, Kqueue, SettableOption, SocketOption, Syscalls } from './syscalls.ts'
export * from './uring.ts'
export { faultySyscalls, forSeeds } from './faulty.ts'
export { FaultyNetwork } from './faulty/network.ts'
export type { Peer, PeerScript } from './faulty/peer.ts'
export { FaultyNetworkError, type Faults, type FaultyOptions } from './faulty/world.ts'
