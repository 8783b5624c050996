import { performance } from 'node:perf_hooks'
import { EpollEvents } from './epoll-events.ts'
import { check, EINTR } from './errors.ts'
import { loadLibc, type Libc } from './libc.ts'
import {
  AF_INET,
  decodeSockaddr,
  decodeTimeval,
  encodeSockaddr,
  encodeTimespec,
  encodeTimeval,
  platformFor,
  SOCKADDR_SIZE,
  TIMEVAL_SIZE,
  type Platform,
} from './platform.ts'
import type { Epoll, Kqueue, SocketOption, Syscalls } from './syscalls.ts'
import { uring } from './uring-kernel.ts'

// The same on Linux and macOS.
const SOCK_STREAM = 1
const [F_SETFD, F_GETFL, F_SETFL] = [2, 3, 4]
const FD_CLOEXEC = 1
const SHUT = { read: 0, write: 1, both: 2 }
const EPOLL_CTL = { add: 1, delete: 2, modify: 3 }
const EPOLL_CLOEXEC = 0x80000
const LONGEST_POLL = 0x7fffffff

// Loaded by the first call, so that importing this file is harmless where the calls do not work.
let platform: Platform
let libc: Libc | undefined
function c(): Libc {
  return libc ?? load()
}
function load(): Libc {
  platform = platformFor(process.platform, process.arch)
  return (libc = loadLibc(process.platform))
}

/** What a call of the C library returned, with the reason in place of -1. */
function result(value: number): number {
  return value === -1 ? -c().errno() : value
}

function isTimeout(option: SocketOption): boolean {
  return option === 'receiveTimeout' || option === 'sendTimeout'
}

function int32(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer)
}

/** On macOS, what the flags of socket and send do on Linux. */
function prepare(fd: number): void {
  c().fcntl(fd, F_SETFD, 'int', FD_CLOEXEC)
  if (!platform.soNoSigpipe) return
  const [level, name] = platform.soNoSigpipe
  c().setsockopt(fd, level, name, int32(1), 4)
}

// koffi hands the kernel an address, so a length beyond the buffer would reach foreign memory.
function checkLength(buffer: Uint8Array, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= buffer.length)) {
    throw new RangeError(`${length} bytes at ${offset} are not within a buffer of ${buffer.length}`)
  }
}

function addressOf(call: 'getsockname' | 'getpeername', fd: number) {
  const sockaddr = new Uint8Array(SOCKADDR_SIZE)
  check(result(c()[call](fd, sockaddr, int32(SOCKADDR_SIZE))), call)
  return decodeSockaddr(sockaddr)
}

let change: EpollEvents | undefined

const epoll: Epoll = {
  create() {
    return result(c().epoll_create1(EPOLL_CLOEXEC))
  },

  ctl(epfd, operation, fd, events) {
    change ??= new EpollEvents(1)
    change.set(0, fd, events)
    return result(c().epoll_ctl(epfd, EPOLL_CTL[operation], fd, change.bytes))
  },

  wait(epfd, events, timeoutMs) {
    return result(c().epoll_wait(epfd, events.bytes, events.capacity, timeoutMs))
  },
}

const kqueue: Kqueue = {
  create() {
    return result(c().kqueue())
  },

  kevent(kq, changes, events, timeoutMs) {
    return result(
      c().kevent(
        kq,
        changes.bytes,
        changes.length,
        events.bytes,
        events.capacity,
        timeoutMs < 0 ? null : encodeTimespec(timeoutMs),
      ),
    )
  },
}

/**
 * The kernel of this machine, Linux or macOS. Elsewhere it can be imported, and any call throws an
 * Error that says so.
 */
export const syscalls: Syscalls = {
  socket() {
    const { socket } = c()
    const fd = result(socket(AF_INET, SOCK_STREAM | platform.sockCloexec, 0))
    if (fd >= 0 && !platform.sockCloexec) prepare(fd)
    return fd
  },

  bind(fd, address) {
    const { bind } = c()
    return result(bind(fd, encodeSockaddr(platform, address), SOCKADDR_SIZE))
  },

  listen(fd, backlog) {
    return result(c().listen(fd, backlog))
  },

  accept(fd) {
    const { accept, accept4 } = c()
    if (platform.sockCloexec) return result(accept4(fd, null, null, platform.sockCloexec))
    const accepted = result(accept(fd, null, null))
    if (accepted >= 0) prepare(accepted)
    return accepted
  },

  connect(fd, address) {
    const { connect } = c()
    return result(connect(fd, encodeSockaddr(platform, address), SOCKADDR_SIZE))
  },

  recv(fd, buffer, length = buffer.length) {
    checkLength(buffer, 0, length)
    return result(c().recv(fd, buffer, length, 0))
  },

  send(fd, data, offset = 0, length = data.length - offset) {
    checkLength(data, offset, length)
    const { send } = c()
    // A view is an object to allocate and collect: only where there is something to skip.
    const start = offset === 0 ? data : data.subarray(offset)
    return result(send(fd, start, length, platform.msgNoSignal))
  },

  shutdown(fd, how) {
    return result(c().shutdown(fd, SHUT[how]))
  },

  close(fd) {
    return result(c().close(fd))
  },

  setNonBlocking(fd, on) {
    const { fcntl } = c()
    const flags = result(fcntl(fd, F_GETFL, 'int', 0))
    if (flags < 0) return flags
    const others = flags & ~platform.oNonBlock
    return result(fcntl(fd, F_SETFL, 'int', on ? others | platform.oNonBlock : others))
  },

  setOption(fd, option, value) {
    const { setsockopt } = c()
    const [level, name] = platform.options[option]
    const bytes = isTimeout(option) ? encodeTimeval(Number(value)) : int32(Number(value))
    return result(setsockopt(fd, level, name, bytes, bytes.length))
  },

  getOption(fd, option) {
    const { getsockopt } = c()
    const [level, name] = platform.options[option]
    const bytes = new Uint8Array(TIMEVAL_SIZE)
    const failed = result(getsockopt(fd, level, name, bytes, int32(TIMEVAL_SIZE)))
    if (failed < 0) return failed
    if (isTimeout(option)) return decodeTimeval(bytes)
    const value = new DataView(bytes.buffer).getInt32(0, true)
    return option === 'error' ? 0 - value : value
  },

  localAddress(fd) {
    return addressOf('getsockname', fd)
  },

  remoteAddress(fd) {
    return addressOf('getpeername', fd)
  },

  poll(fds, timeoutMs) {
    return result(c().poll(fds.bytes, fds.length, timeoutMs))
  },

  epoll: process.platform === 'linux' ? epoll : undefined,

  kqueue: process.platform === 'darwin' ? kqueue : undefined,

  uring: process.platform === 'linux' ? uring : undefined,

  sleep(ms) {
    // The end is fixed before the first wait: signals, however many, cannot make it later.
    const end = performance.now() + ms
    for (;;) {
      const left = Math.ceil(end - performance.now())
      if (left <= 0) return 0
      const failed = result(c().poll(null, 0, Math.min(left, LONGEST_POLL)))
      if (failed < 0 && failed !== EINTR) return failed
    }
  },

  now() {
    return performance.now()
  },
}
