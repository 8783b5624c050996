/** Filters: what to wait for. */
export const EVFILT_READ = -1
export const EVFILT_WRITE = -2
/** Flags of a change. */
export const EV_ADD = 0x1
export const EV_DELETE = 0x2
/** A flag of an event: this change failed, and `data` is the error number (not negated). */
export const EV_ERROR = 0x4000
/** A flag of an event: the other side will send no more (read), or take no more (write). */
export const EV_EOF = 0x8000

const ENTRY_SIZE = 32

/**
 * A list of `struct kevent` for kevent(2), in one buffer: the changes that a program asks for, or
 * room for the events that the kernel reports. The layout is that of 64-bit macOS:
 *
 * ```
 *   8 bytes     2        2       4        8      8
 * | ident: fd | filter | flags | fflags | data | udata |   entry 0
 * ```
 */
export class KEvents {
  /** The entries as the kernel sees them. */
  readonly bytes: Buffer
  /** How many entries there is room for. */
  readonly capacity: number
  /** How many changes are in the list. For events, the result of kevent says how many there are. */
  length = 0
  readonly #view: DataView

  constructor(capacity = 256) {
    this.capacity = Math.max(1, capacity)
    this.bytes = Buffer.from(new ArrayBuffer(this.capacity * ENTRY_SIZE))
    this.#view = new DataView(this.bytes.buffer)
  }

  /** Adds a change, such as `push(fd, EVFILT_READ, EV_ADD)`. Throws when the list is full. */
  push(fd: number, filter: number, flags: number): void {
    if (this.length === this.capacity) {
      throw new RangeError(`no room for more than ${this.capacity}`)
    }
    this.set(this.length++, fd, filter, flags, 0)
  }

  /** Forgets all changes, after they have been handed to kevent. */
  clear(): void {
    this.length = 0
  }

  /** The file descriptor that an event is about. */
  fd(index: number): number {
    return this.#view.getUint32(index * ENTRY_SIZE, true)
  }

  /** EVFILT_READ or EVFILT_WRITE. */
  filter(index: number): number {
    return this.#view.getInt16(index * ENTRY_SIZE + 8, true)
  }

  /** The flags of an event, such as EV_EOF. */
  flags(index: number): number {
    return this.#view.getUint16(index * ENTRY_SIZE + 10, true)
  }

  /** Bytes to read, connections to accept, room to write; or the error number, with EV_ERROR. */
  data(index: number): number {
    return this.#view.getInt32(index * ENTRY_SIZE + 16, true)
  }

  /** Writes an entry, as the kernel does for an event. */
  set(index: number, fd: number, filter: number, flags: number, data: number): void {
    const at = index * ENTRY_SIZE
    this.#view.setUint32(at, fd, true)
    this.#view.setInt16(at + 8, filter, true)
    this.#view.setUint16(at + 10, flags, true)
    this.#view.setInt32(at + 16, data, true)
  }
}
