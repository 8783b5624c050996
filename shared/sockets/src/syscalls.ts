import type { Address } from './address.ts'
import type { EpollEvents } from './epoll-events.ts'
import type { KEvents } from './kevents.ts'
import type { PollFds } from './poll-fds.ts'
import type { Uring } from './uring.ts'

/** What setOption can set. Times are in milliseconds, 0 for no limit; sizes are in bytes. */
export type SettableOption =
  | 'reuseAddress'
  | 'noDelay'
  | 'receiveTimeout'
  | 'sendTimeout'
  | 'receiveBuffer'
  | 'sendBuffer'

/** What getOption can get: all of those, and the socket's pending error. */
export type SocketOption = SettableOption | 'error'

/**
 * The kernel's calls on TCP sockets over IPv4.
 *
 * Like the kernel itself, each returns a number: zero or more when it worked, the negated error
 * number when it did not (`-111`, ECONNREFUSED). Nothing is thrown for what can go wrong on a
 * network; `check` turns a negative result into an exception where that is wanted. Any call that
 * can block may return EINTR when a signal arrives, and the caller decides what that means.
 */
export interface Syscalls {
  /** Makes a socket for TCP over IPv4 and returns its file descriptor. socket(2), tcp(7) */
  socket(): number

  /** Gives a socket its own address. EADDRINUSE if another has it. bind(2) */
  bind(fd: number, address: Address): number

  /** Lets clients connect: up to `backlog` connections are made ahead of accept. listen(2) */
  listen(fd: number, backlog: number): number

  /**
   * Takes the next connection and returns its own file descriptor. Blocks until there is one; a
   * non-blocking listening socket returns EAGAIN instead. accept(2)
   *
   * EMFILE leaves the connection in the queue, so the listening socket stays ready. On Linux the
   * new socket is blocking whatever the listening one is, on macOS it takes after it: set what you
   * need.
   */
  accept(fd: number): number

  /**
   * Connects to a listening address. Blocks until that is decided; a non-blocking socket returns
   * EINPROGRESS, becomes writable when it is decided, and then has the outcome in its `error`
   * option. connect(2)
   *
   * After EINTR the attempt goes on in the kernel, so it is finished the same way: wait until
   * the socket is writable, then read `error`.
   */
  connect(fd: number, address: Address): number

  /**
   * Reads up to `length` bytes (all of `buffer` if not given) into the start of `buffer` and
   * returns how many, which may be fewer than were sent together. 0 is the end of the stream.
   * Blocks until there is at least one byte; EAGAIN on a non-blocking socket, or when the
   * `receiveTimeout` is over. recv(2)
   */
  recv(fd: number, buffer: Uint8Array, length?: number): number

  /**
   * Writes up to `length` bytes of `data` from `offset` and returns how many the kernel took, which
   * may be fewer. Blocks while there is no room; EAGAIN on a non-blocking socket. EPIPE, and
   * never a SIGPIPE signal, once the connection is closed for sending. send(2)
   */
  send(fd: number, data: Uint8Array, offset?: number, length?: number): number

  /**
   * Ends one direction of a connection, or both, and wakes up whoever is blocked in it. On Linux it
   * also ends a listening socket: a blocked accept returns EINVAL. shutdown(2)
   */
  shutdown(fd: number, how: 'read' | 'write' | 'both'): number

  /**
   * Gives the file descriptor back; the next socket may get the same number. The connection is
   * reset instead of ended if there were bytes left to read. Not to be repeated after EINTR.
   * close(2)
   */
  close(fd: number): number

  /** Switches O_NONBLOCK on or off. fcntl(2) */
  setNonBlocking(fd: number, on: boolean): number

  /** Sets an option of a socket. setsockopt(2), socket(7), tcp(7) */
  setOption(fd: number, option: SettableOption, value: number | boolean): number

  /**
   * Gets an option of a socket: switches as 0 or 1, times in milliseconds, sizes in bytes (Linux
   * says twice what was set). `error` is the socket's pending error, negated like any other
   * result, or 0; reading it clears it. getsockopt(2), socket(7)
   */
  getOption(fd: number, option: SocketOption): number

  /** The socket's own address. Throws a SystemError. getsockname(2) */
  localAddress(fd: number): Address

  /** The address of the other end. Throws a SystemError. getpeername(2) */
  remoteAddress(fd: number): Address

  /**
   * Waits until something is ready in `fds`, then returns how many entries have `revents`. 0 when
   * `timeoutMs` (a whole number, -1 for no limit) is over first. poll(2)
   */
  poll(fds: PollFds, timeoutMs: number): number

  /** epoll(7), which only Linux has. */
  readonly epoll: Epoll | undefined

  /** kqueue(2), which macOS has. */
  readonly kqueue: Kqueue | undefined

  /** io_uring(7), which only Linux has. */
  readonly uring: Uring | undefined

  /** Blocks the thread in the kernel for that long. Alone it carries on after EINTR. poll(2) */
  sleep(ms: number): number

  /** Milliseconds on a clock that never goes back, since some moment. clock_gettime(2) */
  now(): number
}

/** The calls of epoll(7). The instance is a file descriptor: give it back with `close`. */
export interface Epoll {
  /** Makes an epoll instance and returns its file descriptor. epoll_create1(2) */
  create(): number

  /** Begins, changes or ends the interest in `fd`. Closing `fd` ends it too. epoll_ctl(2) */
  ctl(epfd: number, operation: 'add' | 'modify' | 'delete', fd: number, events: number): number

  /**
   * Waits until something is ready, writes it to `events` and returns how many. 0 when `timeoutMs`
   * (a whole number, -1 for no limit) is over first. epoll_wait(2)
   */
  wait(epfd: number, events: EpollEvents, timeoutMs: number): number
}

/** The calls of kqueue(2). The queue is a file descriptor: give it back with `close`. */
export interface Kqueue {
  /** Makes a kernel event queue and returns its file descriptor. kqueue(2) */
  create(): number

  /**
   * Makes the `changes`, then waits until something is ready, writes it to `events` and returns how
   * many. 0 when `timeoutMs` (-1 for no limit) is over first. A change that fails is an event with
   * EV_ERROR. kevent(2)
   */
  kevent(kq: number, changes: KEvents, events: KEvents, timeoutMs: number): number
}
