import type { Address } from './address.ts'
import { errnoName } from './errors.ts'
import { foreseen } from './foreseen.ts'
import { encodeSockaddr, platformFor } from './platform.ts'

/** The operations that the course hands in: io_uring_enter(2), "IORING_OP". */
export const operations = { accept: 13, cancel: 14, connect: 16, send: 26, receive: 27 } as const

/** Flags of a whole ring: io_uring_setup(2). */
export const setupFlags = {
  /** A thread of the kernel looks at the submission ring, so that nobody has to enter. */
  sqPoll: 1 << 1,
  /** The size of the completion ring is given. */
  cqSize: 1 << 3,
  /** One entry that is refused does not hold up those behind it. */
  submitAll: 1 << 7,
  /** What is done waits for the next call into the kernel, instead of interrupting the program. */
  coopTaskrun: 1 << 8,
  /** Only one thread hands in. Linux 6.0 */
  singleIssuer: 1 << 12,
  /** What is done waits until the program asks for completions. Linux 6.1 */
  deferTaskrun: 1 << 13,
} as const

/** Flags of an entry of the submission ring. */
export const entryFlags = {
  /** The kernel takes a buffer of the group that is named. */
  selectBuffer: 1 << 5,
  /** No completion, unless it fails. */
  quietSuccess: 1 << 6,
} as const

/** Of an accept, in `ioprio`: it goes on, with a completion for each connection. */
export const ACCEPT_MULTISHOT = 1 << 0
/** Of a receive, in `ioprio`: it goes on, with a completion for each buffer that is filled. */
export const RECEIVE_MULTISHOT = 1 << 1

/** Flags of a completion. */
export const completionFlags = {
  /** A buffer was taken: its number is in the upper half of the flags. */
  buffer: 1 << 0,
  /** There will be more completions of this operation. Without it, this was the last. */
  more: 1 << 1,
} as const
/** Where the number of a buffer is in the flags of a completion. */
export const BUFFER_SHIFT = 16

/** Flags of io_uring_enter(2). */
export const enterFlags = {
  /** Asks for completions: those that had no room yet are put into the ring, and it may be waited. */
  getEvents: 1 << 0,
  /** Wakes up the kernel's thread of `sqPoll`. */
  wakeUp: 1 << 1,
} as const

/** Flags that the kernel sets in the submission ring. */
export const ringFlags = {
  /** The kernel's thread of `sqPoll` sleeps. */
  needWakeUp: 1 << 0,
  /** There are completions that had no room. */
  overflow: 1 << 1,
} as const

/** Words of 32 bits in an entry of the submission ring. */
export const ENTRY_WORDS = 16
/** Words in an entry of the completion ring. */
export const COMPLETION_WORDS = 4

/**
 * The memory that a program shares with the kernel: two rings, and the entries of the first. Heads
 * and tails only ever grow, and wrap around at 2^32; the place of an entry is their remainder.
 *
 * ```
 * struct io_uring_sqe, 16 words                     struct io_uring_cqe, 4 words
 *   0  opcode, flags, ioprio (8, 8, 16 bits)          0  user_data
 *   1  fd                                             2  res
 *   2  off (2 words)                                  3  flags
 *   4  addr (2 words)
 *   6  len
 *   7  flags of the operation
 *   8  user_data (2 words)
 *  10  buf_group (16 bits)
 * ```
 */
export interface UringMemory {
  readonly fd: number
  /** Both rings. */
  readonly words: Int32Array
  /** The entries that are handed in. */
  readonly entries: Int32Array
  /** How many entries each ring has: a power of two. */
  readonly size: { readonly submission: number; readonly completion: number }
  /** Where in `words` the parts are. */
  readonly at: {
    readonly submissionHead: number
    readonly submissionTail: number
    readonly flags: number
    readonly completionHead: number
    readonly completionTail: number
    /** How many completions were lost, because the kernel had no memory for them. */
    readonly lost: number
    readonly completions: number
  }
}

/** How a ring is made. */
export interface UringOptions {
  /** How many entries can wait to be handed in. */
  entries: number
  /** How many completions can wait to be read. */
  completions: number
  /** Of `setupFlags`. */
  flags?: number
}

/** The calls of io_uring(7). All but `addressOf` return the negated error number when they fail. */
export interface Uring {
  /** Makes the two rings, and maps their memory. io_uring_setup(2) */
  setup(options: UringOptions): UringMemory | number

  /**
   * Hands in `submit` entries; then, with `getEvents` among the flags, waits until `wait`
   * completions are in the ring, or for `timeoutMs` milliseconds (-1 for no limit). Returns how many
   * entries were taken. io_uring_enter(2)
   */
  enter(ring: UringMemory, submit: number, wait: number, flags: number, timeoutMs: number): number

  /**
   * Makes `bytes` the ring in which buffers are given to the kernel: `entries` times 16 bytes, whose
   * memory begins a page. io_uring_register(2), IORING_REGISTER_PBUF_RING
   */
  provide(ring: UringMemory, group: number, bytes: Uint8Array, entries: number): number

  /** Where the bytes are in memory, for the kernel. They must stay there until it has done its work. */
  addressOf(bytes: Uint8Array): number

  /** Gives the rings back. What is in flight is cancelled; the memory must not be touched any more. */
  close(ring: UringMemory): void
}

/** Why a ring could not be made, in a line. */
export function noUring(errno: number): Error {
  const name = errnoName(errno)
  const why =
    name === 'EINVAL'
      ? 'it needs Linux 6.1 or later'
      : 'it is switched off here: see the sysctl kernel.io_uring_disabled, or what your container forbids'
  return foreseen('ERR_NO_URING', `io_uring_setup says ${name}: ${why}`)
}

/** An address as the kernel reads it in memory, `struct sockaddr_in`: for a connect. ip(7) */
export function sockaddrOf(address: Address): Uint8Array {
  return encodeSockaddr(platformFor('linux', 'x64'), address)
}
