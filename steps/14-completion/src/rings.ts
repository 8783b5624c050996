import {
  ACCEPT_MULTISHOT,
  completionFlags,
  enterFlags,
  ENTRY_WORDS,
  COMPLETION_WORDS,
  entryFlags,
  noUring,
  operations,
  RECEIVE_MULTISHOT,
  ringFlags,
  setupFlags,
} from '@rpc-steps/sockets'
import type { Syscalls, Uring, UringMemory } from '@rpc-steps/sockets'

/** Is told when an operation has been done. */
export interface Listener {
  /**
   * `result` is what the system call of that name would have returned, negated error numbers
   * included. `flags` are those of the completion; unless they say that there is `more`, this was the last.
   */
  completed(result: number, flags: number): void
  /** `completed` has thrown. */
  failed(error: unknown): void
}

/** How large the rings are. */
export interface RingOptions {
  /** Operations that can be handed in at once. Default 256. */
  entries?: number
  /** Completions that can wait to be read. Default 4096. */
  completions?: number
  /** Of `setupFlags`; `tried.ts` measures what they bring. Default: what is done waits until we ask for it. */
  flags?: number
}

/** Places in the table of what is in flight: as many as fit into the lower bits of a number. */
const placeMost = 0xfffff
const MSG_DONTWAIT = 0x40
const MSG_WAITALL = 0x100
const MSG_NOSIGNAL = 0x4000
const SOCK_CLOEXEC = 0x80000
/** That something is left is a failure only for who wants all to be sent: send(2), io_uring_prep_send(3). */
const quiet = MSG_NOSIGNAL | MSG_DONTWAIT | MSG_WAITALL
const usual = setupFlags.singleIssuer | setupFlags.deferTaskrun

/** What is written into an entry of the submission ring. */
type Entry = [
  code: number,
  fd: number,
  address: number,
  length: number,
  operationFlags: number,
  offset: number,
  group: number,
  number: number,
]

// #region rings
/**
 * Two rings in memory that we share with the kernel. We write what is to be done at the tail of the
 * one; the kernel takes it from its head, and writes what was done at the tail of the other.
 */
export class Rings {
  readonly #uring: Uring
  readonly #memory: UringMemory
  #words: Int32Array
  #entries: Int32Array
  /** Behind the last entry that we have written. The kernel sees it when we enter. */
  #tail = 0
  // #endregion

  /** Throws an Error with the code ERR_NO_URING, one line, where there is no io_uring. */
  constructor({ uring }: Syscalls, { entries = 256, completions = 4096, flags = usual }: RingOptions = {}) {
    if (!uring) throw noUring(0)
    const memory = uring.setup({ entries, completions, flags: flags | setupFlags.submitAll })
    if (typeof memory === 'number') throw noUring(memory)
    this.#uring = uring
    this.#memory = memory
    this.#words = memory.words
    this.#entries = memory.entries
    this.#tail = memory.words[memory.at.submissionTail]!
  }

  // #region flight
  /** By place, who is told of an operation, and its number while it is in flight. Nobody has number 0. */
  readonly #listeners: (Listener | undefined)[] = [undefined]
  readonly #numbers: number[] = [0]
  /** What the kernel reads or writes meanwhile. Whoever started it may be gone before it is done. */
  readonly #held: (Uint8Array | undefined)[] = [undefined]
  readonly #free: number[] = []

  /**
   * A number for what is in flight: its place, and how often that was taken before. It comes back with
   * each completion. A file descriptor would be somebody else's as soon as it was closed; and a cancel
   * that is late must not meet whoever has the place by then.
   */
  #number(listener: Listener, held: Uint8Array | undefined): number {
    const place = this.#free.pop() ?? this.#listeners.length
    this.#listeners[place] = listener
    this.#held[place] = held
    return (this.#numbers[place] = ((this.#numbers[place] ?? place) + placeMost + 1) & 0x7fffffff)
  }

  /** True until the last completion of the operation with that number. */
  #isInFlight(number: number): boolean {
    const place = number & placeMost
    return this.#numbers[place] === number && this.#listeners[place] !== undefined
  }

  #release(place: number): void {
    this.#listeners[place] = this.#held[place] = undefined
    this.#free.push(place)
  }

  /** Operations that are not done. */
  get inFlight(): number {
    return this.#listeners.length - 1 - this.#free.length
  }
  // #endregion

  // #region operations
  /** Takes whoever connects to a listening socket, one completion each: its file descriptor. */
  accept(fd: number, listener: Listener): number {
    return this.#write(operations.accept | (ACCEPT_MULTISHOT << 16), fd, 0, 0, SOCK_CLOEXEC, listener, undefined)
  }

  /** Connects; `sockaddr` says where to. */
  connect(fd: number, sockaddr: Uint8Array, listener: Listener): number {
    // The length of an address is where other operations have a position in a file.
    const address = this.#uring.addressOf(sockaddr)
    return this.#write(operations.connect, fd, address, 0, 0, listener, sockaddr, sockaddr.length)
  }

  /** Fills a buffer of the group with what comes: how many bytes. If it `goesOn`, one after another, a completion each. */
  receive(fd: number, group: number, goesOn: boolean, listener: Listener): number {
    const code = operations.receive | (entryFlags.selectBuffer << 8) | ((goesOn ? RECEIVE_MULTISHOT : 0) << 16)
    return this.#write(code, fd, 0, 0, 0, listener, undefined, 0, group)
  }

  /** Sends; completes with how many bytes the kernel took, which may be a part of them, when there is room for some. */
  send(fd: number, bytes: Uint8Array, listener: Listener): number {
    return this.#write(operations.send, fd, this.#uring.addressOf(bytes), bytes.length, MSG_NOSIGNAL, listener, bytes)
  }

  /**
   * Sends what there is room for. That is done while it is handed in, and if all of it was sent the kernel
   * writes no completion: nobody wakes up for it. If not, it completes with how many bytes were, or EAGAIN.
   */
  sendNow(fd: number, bytes: Uint8Array, listener: Listener): number {
    const code = operations.send | (entryFlags.quietSuccess << 8)
    return this.#write(code, fd, this.#uring.addressOf(bytes), bytes.length, quiet, listener, bytes)
  }

  /**
   * Asks for an end of the operation with that number. It completes all the same: with ECANCELED, or as
   * it would have. One that the kernel is just at work on cannot be found, so it is asked again.
   */
  cancel(number: number): void {
    const again: Listener = {
      completed: (result) => {
        if (result < 0 && this.#isInFlight(number)) this.cancel(number)
      },
      failed() {},
    }
    this.#write(operations.cancel, -1, number, 0, 0, again, undefined)
  }
  // #endregion

  // #region submit
  /** Entries for which there was no room, because the kernel took none: in their order, behind those in the ring. */
  readonly #late: Entry[] = []

  /** Writes an entry. A full ring is handed in at once; if the kernel takes nothing, what is to be done waits here. */
  #write(
    code: number,
    fd: number,
    address: number,
    length: number,
    operationFlags: number,
    listener: Listener,
    held: Uint8Array | undefined,
    offset = 0,
    group = 0,
  ): number {
    const number = this.#number(listener, held)
    if (this.#isFull && this.#late.length === 0) this.#enter(0, 0, 0)
    if (this.#late.length > 0 || this.#isFull) {
      this.#late.push([code, fd, address, length, operationFlags, offset, group, number])
    } else {
      this.#put(code, fd, address, length, operationFlags, offset, group, number)
    }
    return number
  }

  #put(
    code: number,
    fd: number,
    address: number,
    length: number,
    operationFlags: number,
    offset: number,
    group: number,
    number: number,
  ): void {
    const place = (this.#tail & (this.#memory.size.submission - 1)) * ENTRY_WORDS
    const entries = this.#entries
    entries[place] = code
    entries[place + 1] = fd
    entries[place + 2] = offset
    entries[place + 3] = 0
    entries[place + 4] = address // the lower half of its 64 bits
    entries[place + 5] = address / 2 ** 32
    entries[place + 6] = length
    entries[place + 7] = operationFlags
    entries[place + 8] = number
    entries[place + 9] = 0
    entries[place + 10] = group
    entries[place + 11] = 0
    this.#tail = (this.#tail + 1) | 0
    if (operationFlags === quiet) {
      this.#quiet.push(number)
      this.#quietBefore.push(this.#tail)
    }
  }

  get #isFull(): boolean {
    return this.#waiting === this.#memory.size.submission
  }

  /** Entries that the kernel has not taken. */
  get #waiting(): number {
    return (this.#tail - Atomics.load(this.#words, this.#memory.at.submissionHead)) | 0
  }

  #enter(wait: number, flags: number, ms: number): number {
    // The tail after the entries: whoever sees the one sees the others.
    Atomics.store(this.#words, this.#memory.at.submissionTail, this.#tail)
    return this.#uring.enter(this.#memory, this.#waiting, wait, flags, ms)
  }

  /**
   * Hands in all that was written, and sleeps until something is done, but no longer than `ms`
   * milliseconds (-1 for no limit). To be asked for completions always, even in passing: those that
   * found the ring full wait with the kernel until then.
   */
  enter(ms: number): void {
    while (this.#late.length > 0 && !this.#isFull) this.#put(...this.#late.shift()!)
    const sleeps = ms !== 0 && this.#late.length === 0
    this.#enter(sleeps ? 1 : 0, enterFlags.getEvents, ms)
  }
  // #endregion

  // #region complete
  /** Tells the listeners of all that has been done; how many completions there were. */
  complete(failed: (error: unknown) => void): number {
    const { at, size } = this.#memory
    const words = this.#words
    if (words[at.lost]! !== 0) throw new Error('the kernel had no memory for completions: some are lost')
    const first = words[at.completionHead]!
    const end = Atomics.load(words, at.completionTail)
    for (let head = first; head !== end; ) {
      const place = at.completions + (head & (size.completion - 1)) * COMPLETION_WORDS
      const number = words[place]!
      const result = words[place + 2]!
      const flags = words[place + 3]!
      head = (head + 1) | 0
      // From here on the kernel may write there again.
      Atomics.store(words, at.completionHead, head)
      this.#tell(number, result, flags, failed)
      if (words !== this.#words) return 1 // closed meanwhile
    }
    this.#completeQuiet(failed)
    return (end - first) | 0
  }

  /** Operations of which nothing is heard if all is well, and where the tail was behind each. */
  readonly #quiet: number[] = []
  readonly #quietBefore: number[] = []

  /** What the kernel has taken and said nothing of, is done; unless what it said has found no room. */
  #completeQuiet(failed: (error: unknown) => void): void {
    const { at } = this.#memory
    if (this.#quiet.length === 0 || this.#words[at.flags]! & ringFlags.overflow) return
    const head = Atomics.load(this.#words, at.submissionHead)
    let done = 0
    for (; done < this.#quiet.length && ((head - this.#quietBefore[done]!) | 0) >= 0; done++) {
      const number = this.#quiet[done]!
      if (this.#isInFlight(number)) this.#tell(number, this.#held[number & placeMost]!.length, 0, failed)
    }
    this.#quiet.splice(0, done)
    this.#quietBefore.splice(0, done)
  }

  #tell(number: number, result: number, flags: number, failed: (error: unknown) => void): void {
    const place = number & placeMost
    const listener = this.#listeners[place]!
    if (!(flags & completionFlags.more)) this.#release(place)
    try {
      listener.completed(result, flags)
    } catch (error) {
      failed(error)
      listener.failed(error)
    }
  }
  // #endregion

  /** Gives the ring of buffers to the kernel. Throws SystemError. */
  provide(group: number, bytes: Uint8Array, entries: number): number {
    return this.#uring.provide(this.#memory, group, bytes, entries)
  }

  /** Gives the rings back. */
  close(): void {
    // What is touched from here on must not be the memory that was mapped.
    this.#words = this.#entries = new Int32Array(0)
    this.#uring.close(this.#memory)
  }
}
