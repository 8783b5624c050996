import { EAGAIN, EBADF, ECANCELED, EINVAL, ENOBUFS, ENOENT, ENOTCONN, EPIPE, ETIME } from '../errors.ts'
import { decodeSockaddr } from '../platform.ts'
import {
  ACCEPT_MULTISHOT,
  BUFFER_SHIFT,
  COMPLETION_WORDS,
  completionFlags,
  enterFlags,
  ENTRY_WORDS,
  entryFlags,
  operations,
  RECEIVE_MULTISHOT,
  ringFlags,
} from '../uring.ts'
import type { Uring, UringMemory } from '../uring.ts'
import type { Calls } from './calls.ts'
import { Poller } from './descriptors.ts'
import type { Descriptors, Socket } from './descriptors.ts'
import { Memories } from './memories.ts'
import type { World } from './world.ts'

const MSG_DONTWAIT = 0x40

/** What the network does for an operation. Each returns what the call would; EAGAIN if it cannot be done yet. */
export interface Doing {
  accept(socket: Socket): number
  connect(socket: Socket, port: number): void
  connected(socket: Socket): number
  /** Nobody holds the socket any more. */
  release(socket: Socket): void
}

/** Something that was handed in and is not done. */
interface Operation {
  readonly code: number
  readonly goesOn: boolean
  readonly quiet: boolean
  readonly socket: Socket | undefined
  readonly address: number
  readonly length: number
  readonly flags: number
  readonly group: number
  readonly user: number
  /** It is not done before this. */
  at: number
}

/** The kernel's side of one ring. */
interface Ring {
  readonly memory: UringMemory
  readonly operations: Set<Operation>
  /** Completions that had no room. */
  readonly waiting: [user: number, result: number, flags: number][]
  readonly groups: Map<number, { readonly bytes: Uint8Array; readonly entries: number; head: number }>
}

// Where the parts of a ring are: as good as anywhere.
const at = { submissionHead: 0, submissionTail: 1, flags: 2, completionHead: 3, completionTail: 4, lost: 5, completions: 8 }

/**
 * io_uring over the sockets in memory: the kernel's side of the same rings. What was handed in is done
 * in any order and at any time; memory is read and written then, and not when it was handed in.
 */
export class Ringing {
  readonly #world: World
  readonly #calls: Calls
  readonly #descriptors: Descriptors
  readonly #doing: Doing
  readonly #rings = new Map<UringMemory, Ring>()
  readonly #memories = new Memories()

  constructor(world: World, calls: Calls, descriptors: Descriptors, doing: Doing) {
    this.#world = world
    this.#calls = calls
    this.#descriptors = descriptors
    this.#doing = doing
  }

  readonly uring: Uring = {
    setup: ({ entries, completions }) => {
      this.#calls.enter('io_uring_setup')
      const fd = this.#descriptors.open(new Poller())
      if (fd < 0) return fd
      const memory: UringMemory = {
        fd,
        words: new Int32Array(at.completions + completions * COMPLETION_WORDS),
        entries: new Int32Array(entries * ENTRY_WORDS),
        size: { submission: entries, completion: completions },
        at,
      }
      // They wrap around at 2^32, and a program that forgets it would go wrong after weeks.
      memory.words.fill(-3, at.submissionHead, at.submissionTail + 1).fill(-5, at.completionHead, at.completionTail + 1)
      this.#rings.set(memory, { memory, operations: new Set(), waiting: [], groups: new Map() })
      return memory
    },

    enter: (memory, submit, wait, flags, timeoutMs) => {
      this.#calls.enter('io_uring_enter')
      const ring = this.#rings.get(memory)
      if (!ring) return EBADF
      const wanted = submit > 0 && this.#world.fairFault('again') ? this.#world.between(0, submit - 1) : submit
      for (let i = 0; i < wanted; i++) this.#submit(ring)
      if (wanted < submit) return wanted || EAGAIN
      if (!(flags & enterFlags.getEvents)) {
        this.#work(ring)
        return submit
      }
      const interrupted = wait > 0 && this.#world.fairFault('interrupt')
      const result = this.#calls.wait('io_uring_enter', timeoutMs < 0 ? Infinity : timeoutMs, interrupted, () => {
        this.#flush(ring)
        this.#work(ring)
        return unread(memory) >= wait ? 0 : EAGAIN
      })
      if (submit > 0) return submit
      return result === EAGAIN ? ETIME : result
    },

    provide: (memory, group, bytes, entries) => {
      this.#calls.enter('io_uring_register')
      const ring = this.#rings.get(memory)
      if (!ring) return EBADF
      if (this.#memories.addressOf(bytes) % 4096 !== 0 || bytes.length !== entries * 16) return EINVAL
      ring.groups.set(group, { bytes, entries, head: 0 })
      return 0
    },

    addressOf: (bytes) => this.#memories.addressOf(bytes),

    close: (memory) => {
      const ring = this.#rings.get(memory)
      if (!ring) return
      this.#rings.delete(memory)
      this.#descriptors.close(memory.fd)
      for (const operation of ring.operations) this.#letGo(ring, operation)
    },
  }

  /** Takes an entry from the head of the ring. */
  #submit(ring: Ring): void {
    const { words, entries, size } = ring.memory
    const head = words[at.submissionHead]!
    if (head === words[at.submissionTail]!) return
    const place = (head & (size.submission - 1)) * ENTRY_WORDS
    words[at.submissionHead] = head + 1
    const [first, fd, offset, , low, high, length, operationFlags, user, , group] = entries.subarray(place, place + ENTRY_WORDS)
    const code = first! & 0xff
    const [flags, priority] = [(first! >> 8) & 0xff, first! >>> 16]
    const multishot = code === operations.accept ? ACCEPT_MULTISHOT : code === operations.receive ? RECEIVE_MULTISHOT : 0
    const operation: Operation = {
      code,
      goesOn: (priority & multishot) !== 0,
      quiet: (flags & entryFlags.quietSuccess) !== 0,
      socket: this.#descriptors.socket(fd!),
      address: high! * 2 ** 32 + (low! >>> 0),
      length: code === operations.connect ? offset! : length!,
      flags: operationFlags!,
      group: group! & 0xffff,
      user: user!,
      at: 0,
    }
    ring.operations.add(operation)
    if (operation.socket) operation.socket.inFlight++
    if (code === operations.cancel) return this.#cancel(ring, operation)
    if (!operation.socket) return this.#complete(ring, operation, EBADF)
    if (code === operations.connect) {
      this.#doing.connect(operation.socket, decodeSockaddr(this.#memories.at(operation.address, operation.length)).port)
    }
    if (code === operations.send && operation.flags & MSG_DONTWAIT) {
      const sent = this.#send(operation)
      // Wanted was all of it, so a part is a failure.
      return this.#complete(ring, operation, sent, 0, sent === operation.length)
    }
    this.#delay(operation)
  }

  /** Now and then something is done later than it could. */
  #delay(operation: Operation): void {
    const { timeline, random, latency } = this.#world
    if (!this.#world.fairFault('late')) return
    operation.at = timeline.now + random() * latency
    timeline.plan(operation.at, () => {})
  }

  #cancel(ring: Ring, cancel: Operation): void {
    // What is just being worked on is not found: IORING_OP_ASYNC_CANCEL in io_uring_enter(2).
    if (this.#world.fairFault('again')) return this.#complete(ring, cancel, ENOENT)
    const target = [...ring.operations].find(({ user, code }) => user === cancel.address && code !== operations.cancel)
    if (target) this.#complete(ring, target, ECANCELED)
    this.#complete(ring, cancel, target ? 0 : ENOENT)
  }

  /** Does what can be done, beginning anywhere. */
  #work(ring: Ring): void {
    const { random, timeline } = this.#world
    const list = [...ring.operations]
    const first = Math.floor(random() * list.length)
    for (const operation of [...list.slice(first), ...list.slice(0, first)]) {
      // What goes on does all that it can, as in the kernel; each time it may be late again.
      while (operation.at <= timeline.now && ring.operations.has(operation) && this.#attempt(ring, operation)) {
        this.#delay(operation)
      }
    }
  }

  /** Returns false if it cannot be done yet. */
  #attempt(ring: Ring, operation: Operation): boolean {
    const socket = operation.socket!
    if (operation.code === operations.receive) return this.#receive(ring, operation)
    const result =
      operation.code === operations.accept ? this.#doing.accept(socket)
      : operation.code === operations.connect ? this.#doing.connected(socket)
      : operation.code === operations.send ? this.#send(operation)
      : EINVAL
    if (result === EAGAIN) return false
    this.#complete(ring, operation, result, result >= 0 && operation.goesOn ? completionFlags.more : 0)
    return true
  }

  #send({ socket, address, length }: Operation): number {
    const { end } = socket!
    if (!end) return EPIPE
    const short = length > 1 && this.#world.fault('shortWrite')
    return end.send(this.#memories.at(address, short ? this.#world.between(1, length - 1) : length))
  }

  #receive(ring: Ring, operation: Operation): boolean {
    const { end } = operation.socket!
    if (!end) return this.#complete(ring, operation, ENOTCONN), true
    if (end.unread === 0) {
      const result = end.recv(new Uint8Array(1), 1)
      if (result !== EAGAIN) this.#complete(ring, operation, result)
      return result !== EAGAIN
    }
    const group = ring.groups.get(operation.group)
    const buffer = group && take(group)
    if (!buffer) return this.#complete(ring, operation, ENOBUFS), true
    const { address, length, number } = buffer
    const count = end.recv(this.#memories.at(address, length), this.#world.fault('oneByteRead') ? 1 : length)
    const more = operation.goesOn && !this.#world.fairFault('multishotEnds') ? completionFlags.more : 0
    this.#complete(ring, operation, count, more | completionFlags.buffer | (number << BUFFER_SHIFT))
    return true
  }

  /** Writes a completion, if there is room; whatever would go on ends where there is none. */
  #complete(ring: Ring, operation: Operation, result: number, flags = 0, isWell = result >= 0): void {
    const room = unread(ring.memory) < ring.memory.size.completion && ring.waiting.length === 0
    if (!room) flags &= ~completionFlags.more
    if (!(flags & completionFlags.more)) this.#letGo(ring, operation)
    if (operation.quiet && isWell) return
    if (room) return post(ring.memory, operation.user, result, flags)
    ring.waiting.push([operation.user, result, flags])
    ring.memory.words[at.flags]! |= ringFlags.overflow
  }

  /** Completions that had no room get it, as far as there is some. */
  #flush({ memory, waiting }: Ring): void {
    while (waiting.length > 0 && unread(memory) < memory.size.completion) post(memory, ...waiting.shift()!)
    if (waiting.length === 0) memory.words[at.flags]! &= ~ringFlags.overflow
  }

  #letGo(ring: Ring, operation: Operation): void {
    ring.operations.delete(operation)
    const { socket } = operation
    if (socket && --socket.inFlight === 0 && socket.closed) this.#doing.release(socket)
  }
}

/** Completions that the program has not read. */
function unread({ words }: UringMemory): number {
  return (words[at.completionTail]! - words[at.completionHead]!) | 0
}

function post({ words, size }: UringMemory, user: number, result: number, flags: number): void {
  const tail = words[at.completionTail]!
  const place = at.completions + (tail & (size.completion - 1)) * COMPLETION_WORDS
  words[place] = user
  words[place + 2] = result
  words[place + 3] = flags
  words[at.completionTail] = tail + 1
}

/** Takes the next buffer that the program has given, `struct io_uring_buf`; its ring has the tail in bytes 14 and 15. */
function take(group: { readonly bytes: Uint8Array; readonly entries: number; head: number }) {
  const view = new DataView(group.bytes.buffer, group.bytes.byteOffset)
  if (view.getUint16(14, true) === group.head) return undefined
  const place = (group.head & (group.entries - 1)) * 16
  group.head = (group.head + 1) & 0xffff
  return {
    address: Number(view.getBigUint64(place, true)),
    length: view.getUint32(place + 8, true),
    number: view.getUint16(place + 12, true),
  }
}
