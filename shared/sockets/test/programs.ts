// Small programs that are right, to be run on a network that is not.
import {
  check,
  EAGAIN,
  ECONNABORTED,
  EINPROGRESS,
  EINTR,
  EINVAL,
  EMFILE,
  EpollEvents,
  EV_ADD,
  EV_DELETE,
  EVFILT_READ,
  EVFILT_WRITE,
  KEvents,
  PollFds,
  POLLIN,
  POLLOUT,
  type Address,
  type Syscalls,
} from '../src/index.ts'

export const home: Address = { host: '127.0.0.1', port: 8080 }

export function listenAt(s: Syscalls, address = home): number {
  const fd = check(s.socket(), 'socket')
  check(s.bind(fd, address), 'bind')
  check(s.listen(fd, 16), 'listen')
  return fd
}

/** Sends everything on a blocking socket; false once the connection is gone. */
export function sendAll(s: Syscalls, fd: number, data: Uint8Array): boolean {
  let sent = 0
  while (sent < data.length) {
    const result = s.send(fd, data, sent)
    if (result === EINTR) continue
    if (result < 0) return false
    sent += result
  }
  return true
}

/** One byte for each; blocking, one connection after the other, until nobody listens any more. */
export function echoServer(s: Syscalls): void {
  const listener = listenAt(s)
  const buffer = new Uint8Array(100)
  for (;;) {
    const fd = s.accept(listener)
    if (fd === EINTR || fd === EMFILE || fd === ECONNABORTED) continue
    if (fd === EINVAL) return
    check(fd, 'accept')
    for (;;) {
      const count = s.recv(fd, buffer)
      if (count === EINTR) continue
      if (count <= 0 || !sendAll(s, fd, buffer.subarray(0, count))) break
    }
    check(s.close(fd), 'close')
  }
}

/** What a program waits for on one descriptor. */
interface Watch {
  /** Set `events` in the selector; 0 for none. */
  want(fd: number, events: number): void
  /** Waits, and calls `report` with what is ready. May do so for nothing. */
  wait(report: (fd: number) => void): void
}

export const selectors: Record<'poll' | 'epoll' | 'kqueue' | 'spin', (s: Syscalls) => Watch> = {
  poll(s) {
    const fds = new PollFds()
    return {
      want(fd, events) {
        if (fds.has(fd)) fds.remove(fd)
        if (events) fds.add(fd, events)
      },
      wait(report) {
        if (s.poll(fds, -1) === EINTR) return
        const ready = []
        for (let i = 0; i < fds.length; i++) if (fds.revents(i)) ready.push(fds.fd(i))
        ready.forEach(report)
      },
    }
  },
  epoll(s) {
    const epfd = check(s.epoll!.create(), 'epoll_create1')
    const known = new Set<number>()
    const events = new EpollEvents(2)
    return {
      want(fd, wanted) {
        const operation = !wanted ? 'delete' : known.has(fd) ? 'modify' : 'add'
        check(s.epoll!.ctl(epfd, operation, fd, wanted), 'epoll_ctl')
        if (wanted) known.add(fd)
        else known.delete(fd)
      },
      wait(report) {
        const count = s.epoll!.wait(epfd, events, -1)
        for (let i = 0; i < count; i++) report(events.fd(i))
      },
    }
  },
  kqueue(s) {
    const kq = check(s.kqueue!.create(), 'kqueue')
    const known = new Map<number, number>()
    const changes = new KEvents(64)
    const events = new KEvents(2)
    return {
      want(fd, wanted) {
        const before = known.get(fd) ?? 0
        for (const [bit, filter] of [[POLLIN, EVFILT_READ], [POLLOUT, EVFILT_WRITE]] as const) {
          if ((before ^ wanted) & bit) changes.push(fd, filter, wanted & bit ? EV_ADD : EV_DELETE)
        }
        known.set(fd, wanted)
      },
      wait(report) {
        const count = s.kqueue!.kevent(kq, changes, events, -1)
        // Interrupted or not, the changes are made.
        changes.clear()
        for (let i = 0; i < count; i++) report(events.fd(i))
      },
    }
  },
  spin() {
    const wanted = new Set<number>()
    return {
      want: (fd, events) => void (events ? wanted.add(fd) : wanted.delete(fd)),
      wait: (report) => [...wanted].forEach(report),
    }
  },
}

/**
 * An echo server and `messages.length` clients, all non-blocking and in one thread: each client
 * sends its message, says that it is done and reads until the end. Returns what each got, or the
 * name of its error.
 */
export function echoInOneThread(
  s: Syscalls,
  messages: readonly Uint8Array[],
  makeWatch: (s: Syscalls) => Watch,
): (Uint8Array | number)[] {
  const watch = makeWatch(s)
  const handlers = new Map<number, () => void>()
  const buffer = new Uint8Array(50)
  const results: (Uint8Array | number)[] = []
  let open = messages.length

  const listener = listenAt(s)
  s.setNonBlocking(listener, true)
  watch.want(listener, POLLIN)
  handlers.set(listener, () => {
    const fd = s.accept(listener)
    if (fd >= 0) serve(fd)
  })

  function finish(fd: number): void {
    watch.want(fd, 0)
    handlers.delete(fd)
    check(s.close(fd), 'close')
  }

  function serve(fd: number): void {
    s.setNonBlocking(fd, true)
    watch.want(fd, POLLIN)
    let pending = new Uint8Array(0)
    let ended = false
    handlers.set(fd, () => {
      while (pending.length > 0) {
        const sent = s.send(fd, pending)
        if (sent === EAGAIN || sent === EINTR) return
        if (sent < 0) return finish(fd)
        pending = pending.subarray(sent)
      }
      if (ended) return finish(fd)
      const count = s.recv(fd, buffer)
      if (count > 0) pending = buffer.slice(0, count)
      else if (count === 0) ended = true
      else if (count !== EAGAIN && count !== EINTR) return finish(fd)
      watch.want(fd, pending.length > 0 || ended ? POLLOUT : POLLIN)
    })
  }

  messages.forEach((message, index) => {
    const fd = check(s.socket(), 'socket')
    s.setNonBlocking(fd, true)
    let connecting = true
    let sent = 0
    let ended = false
    const received: number[] = []
    const settle = (result: Uint8Array | number) => {
      results[index] = result
      open--
      finish(fd)
    }
    watch.want(fd, POLLIN | POLLOUT)
    handlers.set(fd, () => {
      if (connecting) {
        const fds = new PollFds(1)
        fds.add(fd, POLLOUT)
        if (s.poll(fds, 0) <= 0) return
        const error = s.getOption(fd, 'error')
        if (error) return settle(error)
        connecting = false
      }
      const taken = sent < message.length ? s.send(fd, message, sent) : 0
      if (taken > 0) sent += taken
      else if (taken < 0 && taken !== EAGAIN && taken !== EINTR) return settle(taken)
      if (sent === message.length && !ended) {
        ended = true
        s.shutdown(fd, 'write')
        watch.want(fd, POLLIN)
      }
      const count = s.recv(fd, buffer)
      if (count > 0) received.push(...buffer.subarray(0, count))
      else if (count === 0) settle(Uint8Array.from(received))
      else if (count !== EAGAIN && count !== EINTR) settle(count)
    })
    const result = s.connect(fd, home)
    if (result < 0 && result !== EINPROGRESS) settle(result)
  })

  while (open > 0) watch.wait((fd) => handlers.get(fd)?.())
  return results
}
