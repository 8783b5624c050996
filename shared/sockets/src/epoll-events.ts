import { platformFor } from './platform.ts'

/** There is something to read, or somebody to accept, or the end. */
export const EPOLLIN = 0x1
/** There is room to write, or a connect is decided. */
export const EPOLLOUT = 0x4
/** The socket has failed; the `error` option says how. Reported without being asked for. */
export const EPOLLERR = 0x8
/** The connection has ended. Reported without being asked for, not always with EPOLLIN. */
export const EPOLLHUP = 0x10
/** The other side will send no more. */
export const EPOLLRDHUP = 0x2000

// Where there is no epoll (macOS, Windows) the faulty network still has one; any layout will do.
const arch = process.arch === 'x64' ? 'x64' : 'arm64'
const { words, dataWord } = platformFor('linux', arch).epollEvent

/**
 * Room for the events that epoll_wait(2) reports: `struct epoll_event`s in one buffer, written by
 * the kernel in place. The 8 bytes of `data` that come back with an event hold the file descriptor.
 *
 * ```
 *   4 bytes   (4 on arm64)   8 bytes
 * | events  | padding      | data: fd |   entry 0
 * ```
 */
export class EpollEvents {
  /** The entries as the kernel sees them. */
  readonly bytes: Buffer
  /** How many events one call of epoll_wait can report; the rest waits for the next call. */
  readonly capacity: number
  readonly #words: Int32Array

  constructor(capacity = 256) {
    this.capacity = Math.max(1, capacity)
    this.bytes = Buffer.from(new ArrayBuffer(this.capacity * words * 4))
    this.#words = new Int32Array(this.bytes.buffer)
  }

  /** The file descriptor that an event is about. */
  fd(index: number): number {
    return this.#words[index * words + dataWord]!
  }

  /** What happened: EPOLLIN, EPOLLOUT ... */
  events(index: number): number {
    return this.#words[index * words]!
  }

  /** Writes an entry, for epoll_ctl(2). */
  set(index: number, fd: number, events: number): void {
    this.#words[index * words] = events
    this.#words[index * words + dataWord] = fd
  }
}
