// What a program sees of the sockets, as lists of results. The kernel and the faulty network
// without its faults must give the same ones.
import {
  check,
  EAGAIN,
  ECONNRESET,
  EINPROGRESS,
  EPIPE,
  EpollEvents,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  errnoName,
  KEvents,
  EV_ADD,
  EV_DELETE,
  EV_EOF,
  EV_ERROR,
  EVFILT_READ,
  EVFILT_WRITE,
  POLLERR,
  PollFds,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  type Address,
  type Syscalls,
} from '../src/index.ts'

const LONG = 5000
const home = { host: '127.0.0.1', port: 0 }

/** A failed result by its name; the numbers differ between systems. */
const named = (result: number) => (result < 0 ? errnoName(result) : result)

const bits = { IN: POLLIN, OUT: POLLOUT, ERR: POLLERR, HUP: POLLHUP, NVAL: POLLNVAL }
const bitNames = (events: number) =>
  Object.entries(bits)
    .filter(([, bit]) => events & bit)
    .map(([name]) => name)
    .join('|')

/** Waits until `fd` has one of the events; says which it has. */
function ready(s: Syscalls, fd: number, events: number, timeoutMs = LONG): string {
  const fds = new PollFds(1)
  fds.add(fd, events)
  check(s.poll(fds, timeoutMs), 'poll')
  return bitNames(fds.revents(0))
}

function listening(s: Syscalls): [number, Address] {
  const fd = check(s.socket(), 'socket')
  check(s.bind(fd, home), 'bind')
  check(s.listen(fd, 16), 'listen')
  return [fd, { ...home, port: s.localAddress(fd).port }]
}

function connected(s: Syscalls): [client: number, server: number, listener: number] {
  const [listener, address] = listening(s)
  const client = check(s.socket(), 'socket')
  check(s.connect(client, address), 'connect')
  return [client, check(s.accept(listener), 'accept'), listener]
}

/** An address where nobody listens. */
function deserted(s: Syscalls): Address {
  const fd = check(s.socket(), 'socket')
  check(s.bind(fd, home), 'bind')
  return s.localAddress(fd)
}

function receiveAll(s: Syscalls, fd: number): number {
  const buffer = new Uint8Array(65_536)
  let total = 0
  for (;;) {
    const count = s.recv(fd, buffer)
    if (count > 0) total += count
    else if (count === 0 || (count === EAGAIN && ready(s, fd, POLLIN, 200) === '')) return total
  }
}

export const scenarios: Record<string, (s: Syscalls) => unknown> = {
  'a conversation'(s) {
    const [client, server] = connected(s)
    const receive = (fd: number, length?: number) => {
      const buffer = new Uint8Array(10)
      return Buffer.from(buffer.subarray(0, s.recv(fd, buffer, length))).toString()
    }
    const asked = s.send(client, Buffer.from('..hello'), 2)
    const answered = s.send(server, Buffer.from('bye!'), 0, 3)
    const same = s.localAddress(client).port === s.remoteAddress(server).port
    return [asked, answered, receive(server), receive(client, 2), receive(client), same]
  },

  'the end of the stream'(s) {
    const [client, server] = connected(s)
    const buffer = new Uint8Array(10)
    s.send(client, Buffer.from('last'))
    s.shutdown(client, 'write')
    const reads = [s.recv(server, buffer), s.recv(server, buffer), s.recv(server, buffer)]
    const back = [s.send(server, Buffer.from('still here')), s.recv(client, buffer)]
    return [reads, back, named(s.send(client, buffer))]
  },

  'bad calls'(s) {
    const [client, server] = connected(s)
    const fresh = check(s.socket(), 'socket')
    s.close(server)
    const fds = new PollFds()
    fds.add(server, POLLIN)
    return [
      named(s.close(server)),
      named(s.recv(server, new Uint8Array(1))),
      named(s.recv(fresh, new Uint8Array(1))),
      named(s.accept(fresh)),
      named(s.connect(client, home)),
      named(s.bind(client, home)),
      [s.poll(fds, 0), bitNames(fds.revents(0))],
    ]
  },

  'a port in use'(s) {
    const [, address] = listening(s)
    const other = check(s.socket(), 'socket')
    s.setOption(other, 'reuseAddress', true)
    return named(s.bind(other, address))
  },

  'a refused connection'(s) {
    return named(s.connect(check(s.socket(), 'socket'), deserted(s)))
  },

  'a refused non-blocking connection'(s) {
    const fd = check(s.socket(), 'socket')
    s.setNonBlocking(fd, true)
    const result = s.connect(fd, deserted(s))
    const decided = ready(s, fd, POLLOUT)
    return [named(result), decided, named(s.getOption(fd, 'error')), s.getOption(fd, 'error')]
  },

  'a non-blocking connection'(s) {
    const [listener, address] = listening(s)
    s.setNonBlocking(listener, true)
    const early = named(s.accept(listener))
    const fd = check(s.socket(), 'socket')
    s.setNonBlocking(fd, true)
    const started = s.connect(fd, address) === EINPROGRESS
    const decided = [ready(s, fd, POLLOUT), s.getOption(fd, 'error'), ready(s, listener, POLLIN)]
    const server = check(s.accept(listener), 'accept')
    const empty = [named(s.recv(fd, new Uint8Array(1))), ready(s, fd, POLLIN, 0)]
    s.send(server, Buffer.from('x'))
    return [early, started, decided, empty, ready(s, fd, POLLIN), s.recv(fd, new Uint8Array(9))]
  },

  'a receive time-out'(s) {
    const [client] = connected(s)
    s.setOption(client, 'receiveTimeout', 60)
    const before = s.now()
    const result = named(s.recv(client, new Uint8Array(1)))
    return [result, s.now() - before >= 59, s.getOption(client, 'receiveTimeout')]
  },

  'options'(s) {
    const [client] = connected(s)
    const before = s.getOption(client, 'noDelay')
    s.setOption(client, 'noDelay', true)
    return [before, s.getOption(client, 'noDelay') !== 0, s.getOption(client, 'sendTimeout')]
  },

  'no room to send'(s) {
    const [client, server] = connected(s)
    s.setNonBlocking(client, true)
    s.setNonBlocking(server, true)
    const data = new Uint8Array(1 << 20)
    let total = 0
    let short = false
    let result: number
    while ((result = s.send(client, data)) > 0) {
      total += result
      short ||= result < data.length
    }
    const room = ready(s, client, POLLOUT, 0)
    return [short, named(result), room, receiveAll(s, server) === total, ready(s, client, POLLOUT)]
  },

  'a send time-out'(s) {
    const [client] = connected(s)
    s.setOption(client, 'sendTimeout', 50)
    const data = new Uint8Array(1 << 20)
    let result: number
    do result = s.send(client, data)
    while (result > 0)
    return named(result)
  },

  'an end with bytes left to read'(s) {
    const [client, server] = connected(s)
    s.send(client, Buffer.from('never read'))
    ready(s, server, POLLIN)
    s.close(server)
    const state = ready(s, client, POLLIN)
    const byte = new Uint8Array(1)
    const failure = named(s.recv(client, byte))
    return [state, failure, s.recv(client, byte), named(s.send(client, byte))]
  },

  'sending to somebody who has gone'(s) {
    const [client, server] = connected(s)
    s.close(server)
    const state = ready(s, client, POLLIN)
    const first = s.send(client, Buffer.from('x'))
    ready(s, client, 0)
    const second = s.send(client, Buffer.from('x'))
    const failed = second === EPIPE || second === ECONNRESET
    return [state, first, failed, named(s.send(client, Buffer.from('x')))]
  },

  'an end in both directions'(s) {
    const [client, server] = connected(s)
    s.close(server)
    ready(s, client, POLLIN)
    s.shutdown(client, 'write')
    return [ready(s, client, POLLIN), ready(s, client, 0), s.recv(client, new Uint8Array(1))]
  },

  'shutdown of a listening socket'(s) {
    const [listener] = listening(s)
    s.shutdown(listener, 'both')
    return named(s.accept(listener))
  },

  'a nap'(s) {
    const before = s.now()
    s.sleep(30)
    return s.now() - before >= 30
  },
}

export const epollScenarios: typeof scenarios = {
  'epoll'(s) {
    const { create, ctl, wait } = s.epoll!
    const [client, server] = connected(s)
    const epfd = check(create(), 'epoll_create1')
    const events = new EpollEvents(8)
    const seen = (timeoutMs: number) => {
      const count = wait(epfd, events, timeoutMs)
      const list = []
      for (let i = 0; i < count; i++) {
        const who = events.fd(i) === server ? 'server' : events.fd(i)
        list.push(`${who} ${bitNames(events.events(i))}`)
      }
      return list
    }
    const added = [ctl(epfd, 'add', server, EPOLLIN), named(ctl(epfd, 'add', server, EPOLLIN))]
    const nothing = seen(0)
    s.send(client, Buffer.from('x'))
    const readable = [seen(LONG), seen(LONG)]
    ctl(epfd, 'modify', server, EPOLLIN | EPOLLOUT)
    const both = seen(LONG)
    ctl(epfd, 'modify', server, 0)
    const none = seen(0)
    s.recv(server, new Uint8Array(9))
    s.shutdown(server, 'write')
    s.close(client)
    const over = seen(LONG)
    const deleted = [ctl(epfd, 'delete', server, 0), named(ctl(epfd, 'delete', server, 0))]
    ctl(epfd, 'add', server, EPOLLIN | EPOLLHUP)
    s.close(server)
    return [added, nothing, readable, both, none, over, deleted, seen(0)]
  },
}

export const kqueueScenarios: typeof scenarios = {
  'kqueue'(s) {
    const { create, kevent } = s.kqueue!
    const [client, server] = connected(s)
    const kq = check(create(), 'kqueue')
    const changes = new KEvents(8)
    const events = new KEvents(8)
    const seen = (timeoutMs: number) => {
      const count = kevent(kq, changes, events, timeoutMs)
      changes.clear()
      const list = []
      for (let i = 0; i < count; i++) {
        const flags = events.flags(i)
        const what = events.filter(i) === EVFILT_READ ? 'read' : 'write'
        const error = flags & EV_ERROR ? ` ${errnoName(events.data(i))}` : ''
        const state = error || (flags & EV_EOF ? ' end' : '')
        const size = what === 'read' && !state ? ` ${events.data(i)}` : ''
        list.push(`${events.fd(i) === server ? 'server' : events.fd(i)} ${what}${size}${state}`)
      }
      return list
    }
    changes.push(server, EVFILT_READ, EV_ADD)
    const nothing = seen(0)
    s.send(client, Buffer.from('abc'))
    const readable = seen(LONG)
    changes.push(server, EVFILT_WRITE, EV_ADD)
    const both = seen(LONG).sort()
    changes.push(server, EVFILT_WRITE, EV_DELETE)
    s.recv(server, new Uint8Array(9))
    const none = seen(0)
    changes.push(server, EVFILT_WRITE, EV_DELETE)
    const failed = seen(0)
    s.close(client)
    return [nothing, readable, both, none, failed, seen(LONG)]
  },
}
