import type { Address } from '../address.ts'
import { EPOLLRDHUP } from '../epoll-events.ts'
import { EMFILE } from '../errors.ts'
import { POLLERR, POLLHUP, POLLIN, POLLOUT } from '../poll-fds.ts'
import type { SettableOption } from '../syscalls.ts'
import type { TcpEnd } from './tcp-end.ts'

/** A socket of the program under test, in whatever state it is. */
export class Socket {
  nonBlocking = false
  readonly options = new Map<SettableOption, number>()
  /** Its own address, once it has one. */
  local: Address | undefined
  /** Of a listening socket: the connections that nobody has accepted yet. */
  queue: TcpEnd[] | undefined
  /** Of a listening socket: it listens no more, and accept says EINVAL. */
  shut = false
  connecting = false
  /** Has connect returned 0? Called again it says so once, then EISCONN. */
  announced = false
  end: TcpEnd | undefined
  /** Why connect failed, until somebody asks. An established connection keeps its own error. */
  error = 0
  closed = false
  /** Operations of a ring that are not done: they hold the socket, also when its number is closed. */
  inFlight = 0

  /** The pending error, which is then no longer pending. */
  takeError(): number {
    if (this.end) return this.end.takeError()
    const { error } = this
    this.error = 0
    return error
  }

  /** What poll(2) would say about this socket if it were asked for everything. */
  get readiness(): number {
    if (this.queue) return this.shut ? POLLIN | POLLHUP : this.queue.length > 0 ? POLLIN : 0
    if (this.connecting) return 0
    if (!this.end) return POLLOUT | POLLHUP | (this.error ? POLLIN | POLLERR : 0)
    const { end } = this
    let ready = 0
    if (end.unread > 0 || end.ended || end.deaf || end.error) ready |= POLLIN
    if (end.ended) ready |= EPOLLRDHUP
    if (end.room > 0 || end.finished || end.broken) ready |= POLLOUT
    if (end.error) ready |= POLLERR
    if (end.broken || (end.ended && end.finished)) ready |= POLLHUP
    if (end.hangUpOnly && end.abandoned && end.unread === 0) ready = (ready & ~POLLIN) | POLLHUP
    return ready
  }
}

/** An epoll instance or a kqueue: which events of which descriptor somebody waits for. */
export class Poller {
  readonly interests = new Map<number, number>()
}

/** 0, 1 and 2 are the standard streams. */
const FIRST_FD = 3

/** The program's file descriptors. */
export class Descriptors {
  readonly #limit: number
  readonly #open = new Map<number, Socket | Poller>()

  /** @param limit how many there are */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Gives out the lowest free number, as POSIX wants it: numbers come back soon. Or EMFILE. */
  open(descriptor: Socket | Poller): number {
    if (this.#open.size >= this.#limit) return EMFILE
    let fd = FIRST_FD
    while (this.#open.has(fd)) fd++
    this.#open.set(fd, descriptor)
    return fd
  }

  /** Takes the number back; what it stood for, if anything. Nobody waits for it any more. */
  close(fd: number): Socket | Poller | undefined {
    const descriptor = this.#open.get(fd)
    this.#open.delete(fd)
    for (const other of this.#open.values()) {
      if (other instanceof Poller) other.interests.delete(fd)
    }
    return descriptor
  }

  /** The socket with that number. */
  socket(fd: number): Socket | undefined {
    const descriptor = this.#open.get(fd)
    return descriptor instanceof Socket ? descriptor : undefined
  }

  /** The epoll instance or kqueue with that number. */
  poller(fd: number): Poller | undefined {
    const descriptor = this.#open.get(fd)
    return descriptor instanceof Poller ? descriptor : undefined
  }

  /** All sockets. */
  *sockets(): Iterable<Socket> {
    for (const descriptor of this.#open.values()) {
      if (descriptor instanceof Socket) yield descriptor
    }
  }
}
