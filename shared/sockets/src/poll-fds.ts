/** There is something to read, or somebody to accept, or the end. The same on Linux and macOS. */
export const POLLIN = 0x1
/** There is room to write, or a connect is decided. */
export const POLLOUT = 0x4
/** The socket has failed; the `error` option says how. Reported without being asked for. */
export const POLLERR = 0x8
/** The connection has ended. Reported without being asked for, not always with POLLIN. */
export const POLLHUP = 0x10
/** There is no such file descriptor. Reported without being asked for. */
export const POLLNVAL = 0x20

const ENTRY_SIZE = 8

/**
 * A list of `struct pollfd` for poll(2), in one buffer that the kernel reads and writes in place:
 *
 * ```
 *   4 bytes   2 bytes   2 bytes
 * | fd      | events  | revents |   entry 0
 * | fd      | events  | revents |   entry 1
 * ```
 *
 * The entries stay dense: removing one moves the last into its place. So a loop over the entries
 * that may remove some runs from the last to the first.
 */
export class PollFds {
  /** The entries as the kernel sees them. Replaced when the list outgrows it. */
  bytes: Buffer
  /** How many entries there are. */
  length = 0
  #fds: Int32Array
  #events: Int16Array
  readonly #indexes = new Map<number, number>()

  /** @param capacity how many entries to make room for at first; the list grows as needed */
  constructor(capacity = 64) {
    this.bytes = Buffer.from(new ArrayBuffer(Math.max(1, capacity) * ENTRY_SIZE))
    this.#fds = new Int32Array(this.bytes.buffer)
    this.#events = new Int16Array(this.bytes.buffer)
  }

  /** Watches `fd` for `events`. A file descriptor is in the list once: adding it again throws. */
  add(fd: number, events: number): void {
    if (this.#indexes.has(fd)) throw new Error(`fd ${fd} is in the list already`)
    if (this.bytes.length === this.length * ENTRY_SIZE) this.#grow()
    this.#indexes.set(fd, this.length)
    this.#write(this.length, fd, events, 0)
    this.length++
  }

  /** Watches `fd` for other events from now on. What poll reported about it stays. */
  modify(fd: number, events: number): void {
    this.#events[this.#indexOf(fd) * 4 + 2] = events
  }

  /** Stops watching `fd`. */
  remove(fd: number): void {
    const index = this.#indexOf(fd)
    const last = --this.length
    this.#indexes.delete(fd)
    if (index === last) return
    this.#write(index, this.fd(last), this.events(last), this.revents(last))
    this.#indexes.set(this.fd(index), index)
  }

  /** Is `fd` in the list? */
  has(fd: number): boolean {
    return this.#indexes.has(fd)
  }

  /** The file descriptor of an entry. */
  fd(index: number): number {
    return this.#fds[index * 2]!
  }

  /** What an entry waits for. */
  events(index: number): number {
    return this.#events[index * 4 + 2]!
  }

  /** What the last poll reported about an entry; 0 for nothing. */
  revents(index: number): number {
    return this.#events[index * 4 + 3]!
  }

  /** Stands in for the kernel, which writes this field in poll. */
  setRevents(index: number, revents: number): void {
    this.#events[index * 4 + 3] = revents
  }

  #indexOf(fd: number): number {
    const index = this.#indexes.get(fd)
    if (index === undefined) throw new Error(`fd ${fd} is not in the list`)
    return index
  }

  #write(index: number, fd: number, events: number, revents: number): void {
    this.#fds[index * 2] = fd
    this.#events[index * 4 + 2] = events
    this.#events[index * 4 + 3] = revents
  }

  #grow(): void {
    const bytes = Buffer.from(new ArrayBuffer(this.bytes.length * 2))
    bytes.set(this.bytes)
    this.bytes = bytes
    this.#fds = new Int32Array(bytes.buffer)
    this.#events = new Int16Array(bytes.buffer)
  }
}
