import { checkAddress, type Address } from '../address.ts'
import {
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAGAIN,
  EALREADY,
  EBADF,
  ECONNABORTED,
  ECONNREFUSED,
  EINPROGRESS,
  EINVAL,
  EISCONN,
  EMFILE,
  ENOTCONN,
  EPIPE,
  SystemError,
} from '../errors.ts'
import type { PollFds } from '../poll-fds.ts'
import type { Epoll, Kqueue, SettableOption, SocketOption, Syscalls } from '../syscalls.ts'
import type { Uring } from '../uring.ts'
import { Calls } from './calls.ts'
import { Descriptors, Socket } from './descriptors.ts'
import { Peer, type PeerScript } from './peer.ts'
import { Ports } from './ports.ts'
import { Ringing } from './ringing.ts'
import { Selecting } from './selecting.ts'
import type { TcpEnd } from './tcp-end.ts'
import { World, type FaultyOptions } from './world.ts'

/**
 * The calls of `Syscalls` over a network in memory where things go wrong: see `faultySyscalls`.
 *
 * Nothing runs beside the program: the other sides are callbacks that are run by the program's own
 * calls. Time is the network's own. A call takes a hundredth of a millisecond, and one that waits
 * moves the clock to the next thing that happens, so even an hour is over at once.
 */
export class FaultyNetwork implements Syscalls {
  readonly #world: World
  readonly #calls: Calls
  readonly #descriptors: Descriptors
  readonly #ports: Ports
  readonly #selecting: Selecting
  readonly epoll: Epoll
  readonly kqueue: Kqueue
  readonly uring: Uring

  constructor(seed: number, options: FaultyOptions = {}) {
    this.#world = new World(seed, options)
    this.#calls = new Calls(this.#world)
    this.#descriptors = new Descriptors(this.#world.descriptors)
    this.#ports = new Ports(this.#world)
    this.#selecting = new Selecting(this.#world, this.#calls, this.#descriptors)
    this.epoll = this.#selecting.epoll
    this.kqueue = this.#selecting.kqueue
    this.uring = new Ringing(this.#world, this.#calls, this.#descriptors, {
      accept: (socket) => (socket.queue ? this.#take(socket, socket.queue) : EINVAL),
      connect: (socket, port) => this.#startConnecting(socket, port),
      connected: (socket) => this.#connected(socket),
      release: (socket) => this.#release(socket),
    }).uring
  }

  // The other side of the network.

  /** Connects a scripted client to `port`: as soon as somebody listens there. */
  connectPeer(port: number, script: PeerScript): Peer {
    const peer = new Peer(script)
    this.#ports.dialPeer(port, peer)
    return peer
  }

  /**
   * Listens on `port` (0 for a free one); `script` makes the callbacks of each connection.
   * Returns the port.
   */
  listenPeer(port: number, script: () => PeerScript): number {
    const chosen = port || this.#ports.free()
    if (this.#ports.has(chosen)) throw new Error(`somebody listens on port ${chosen} already`)
    this.#ports.listen(chosen, (end) => new Peer(script()).connected(end))
    return chosen
  }

  /** Runs `callback` once `ms` milliseconds of the network's clock are over. */
  after(ms: number, callback: () => void): void {
    this.#world.timeline.plan(this.#world.timeline.now + ms, callback)
  }

  /** Nobody listens any more: accept returns EINVAL from now on. The way to end a server's loop. */
  closeListeners(): void {
    for (const socket of this.#descriptors.sockets()) this.#stopListening(socket)
    this.#ports.clear()
  }

  // The calls.

  socket(): number {
    this.#calls.enter('socket')
    return this.#descriptors.open(new Socket())
  }

  bind(fd: number, address: Address): number {
    this.#calls.enter('bind')
    const { host, port } = checkAddress(address)
    const socket = this.#descriptors.socket(fd)
    if (!socket) return EBADF
    if (socket.local) return EINVAL
    if (!host.startsWith('127.') && host !== '0.0.0.0') return EADDRNOTAVAIL
    if (port !== 0 && this.#isTaken(port)) return EADDRINUSE
    socket.local = { host, port: port || this.#ports.free() }
    return 0
  }

  listen(fd: number, _backlog: number): number {
    this.#calls.enter('listen')
    const socket = this.#descriptors.socket(fd)
    if (!socket) return EBADF
    if (socket.end || socket.connecting) return EINVAL
    socket.local ??= { host: '0.0.0.0', port: this.#ports.free() }
    const queue = (socket.queue ??= [])
    socket.shut = false
    this.#ports.listen(socket.local.port, (end) => queue.push(end))
    return 0
  }

  accept(fd: number): number {
    this.#calls.enter('accept')
    const socket = this.#descriptors.socket(fd)
    if (!socket) return EBADF
    const { queue } = socket
    if (!queue) return EINVAL
    return this.#calls.mayBlock(`accept on fd ${fd}`, socket, 'receiveTimeout', () => this.#take(socket, queue))
  }

  #take(socket: Socket, queue: TcpEnd[]): number {
    if (socket.shut) return EINVAL
    if (queue.length === 0) return EAGAIN
    if (this.#world.fairFault('tooManyFiles')) return EMFILE
    // A connection that was reset while it waited: Linux hands it over all the same.
    if (queue[0]!.broken && this.#world.chance(0.5)) {
      queue.shift()
      return ECONNABORTED
    }
    const accepted = new Socket()
    const accept = this.#descriptors.open(accepted)
    if (accept < 0) return accept
    accepted.end = queue.shift()!
    accepted.local = accepted.end.local
    // As on macOS, or as on Linux: a program that cares sets what it needs.
    accepted.nonBlocking = socket.nonBlocking && this.#world.chance(0.5)
    return accept
  }

  connect(fd: number, address: Address): number {
    this.#calls.enter('connect')
    const { port } = checkAddress(address)
    const socket = this.#descriptors.socket(fd)
    if (!socket) return EBADF
    if (socket.queue || socket.announced) return EISCONN
    if (!socket.end) {
      if (socket.connecting && socket.nonBlocking) return EALREADY
      if (!socket.connecting) this.#startConnecting(socket, port)
      if (socket.nonBlocking && !this.#world.fault('instantConnect')) return EINPROGRESS
    }
    const interrupted = !socket.nonBlocking && this.#world.fairFault('interrupt')
    return this.#calls.wait(`connect on fd ${fd}`, Infinity, interrupted, () => this.#connected(socket))
  }

  #connected(socket: Socket): number {
    if (socket.connecting) return EAGAIN
    if (!socket.end) return socket.takeError()
    socket.announced = true
    return 0
  }

  recv(fd: number, buffer: Uint8Array, length = buffer.length): number {
    this.#calls.enter('recv')
    const socket = this.#descriptors.socket(fd)
    if (!socket) return EBADF
    const { end } = socket
    if (!end) return ENOTCONN
    if (!(length >= 0 && length <= buffer.length)) throw new RangeError('recv beyond the buffer')
    const wanted = this.#world.fault('oneByteRead') ? Math.min(1, length) : length
    return this.#calls.mayBlock(`recv on fd ${fd}`, socket, 'receiveTimeout', () =>
      length === 0 ? 0 : end.recv(buffer, wanted),
    )
  }

  send(fd: number, data: Uint8Array, offset = 0, length = data.length - offset): number {
    this.#calls.enter('send')
    const socket = this.#descriptors.socket(fd)
    if (!socket) return EBADF
    const { end } = socket
    if (!end) return socket.connecting ? EAGAIN : EPIPE
    if (!(offset >= 0 && length >= 0 && offset + length <= data.length)) {
      throw new RangeError('send beyond the data')
    }
    const short = length > 1 && this.#world.fault('shortWrite')
    const wanted = short ? this.#world.between(1, length - 1) : length
    const bytes = data.subarray(offset, offset + wanted)
    return this.#calls.mayBlock(`send on fd ${fd}`, socket, 'sendTimeout', () => end.send(bytes))
  }

  shutdown(fd: number, how: 'read' | 'write' | 'both'): number {
    this.#calls.enter('shutdown')
    const socket = this.#descriptors.socket(fd)
    if (!socket) return EBADF
    if (socket.queue) {
      if (how !== 'write') this.#stopListening(socket)
      return 0
    }
    if (!socket.end || socket.end.broken) return ENOTCONN
    if (how !== 'read') socket.end.finish()
    if (how !== 'write') socket.end.deaf = true
    return 0
  }

  close(fd: number): number {
    this.#calls.enter('close')
    const descriptor = this.#descriptors.close(fd)
    if (!descriptor) return EBADF
    if (descriptor instanceof Socket) {
      descriptor.closed = true
      if (descriptor.inFlight === 0) this.#release(descriptor)
    }
    return 0
  }

  #release(socket: Socket): void {
    socket.end?.close()
    this.#stopListening(socket)
  }

  setNonBlocking(fd: number, on: boolean): number {
    this.#calls.enter('fcntl')
    const socket = this.#descriptors.socket(fd)
    if (!socket) return EBADF
    socket.nonBlocking = on
    return 0
  }

  /** As the kernel's, but the sizes of the buffers are only remembered: `bufferSize` decides. */
  setOption(fd: number, option: SettableOption, value: number | boolean): number {
    this.#calls.enter('setsockopt')
    const socket = this.#descriptors.socket(fd)
    if (!socket) return EBADF
    socket.options.set(option, Number(value))
    return 0
  }

  getOption(fd: number, option: SocketOption): number {
    this.#calls.enter('getsockopt')
    const socket = this.#descriptors.socket(fd)
    if (!socket) return EBADF
    return option === 'error' ? socket.takeError() : (socket.options.get(option) ?? 0)
  }

  localAddress(fd: number): Address {
    this.#calls.enter('getsockname')
    const socket = this.#descriptors.socket(fd)
    if (!socket) throw new SystemError(EBADF, 'getsockname')
    return socket.local ?? { host: '0.0.0.0', port: 0 }
  }

  remoteAddress(fd: number): Address {
    this.#calls.enter('getpeername')
    const end = this.#descriptors.socket(fd)?.end
    if (!end || end.broken) throw new SystemError(ENOTCONN, 'getpeername')
    return end.remote
  }

  poll(fds: PollFds, timeoutMs: number): number {
    return this.#selecting.poll(fds, timeoutMs)
  }

  /** Unlike the kernel's it takes no time but the network's own. */
  sleep(ms: number): number {
    this.#calls.enter('sleep')
    this.#world.timeline.moveTo(this.now() + Math.max(0, ms))
    return 0
  }

  /** The network's own clock, in milliseconds. */
  now(): number {
    this.#calls.enter('clock_gettime')
    return this.#world.timeline.now
  }

  #isTaken(port: number): boolean {
    if (this.#ports.has(port)) return true
    for (const socket of this.#descriptors.sockets()) {
      // An accepted socket has the listening one's port.
      if (!socket.end && socket.local?.port === port) return true
    }
    return false
  }

  #stopListening(socket: Socket): void {
    if (!socket.queue) return
    if (!socket.shut) this.#ports.unlisten(socket.local!.port)
    socket.shut = true
    for (const end of socket.queue.splice(0)) end.reset()
  }

  #startConnecting(socket: Socket, port: number): void {
    socket.local ??= { host: '127.0.0.1', port: this.#ports.free() }
    socket.connecting = true
    socket.error = 0
    this.#ports.dial(port, socket.local, (end) => {
      socket.connecting = false
      if (!end) socket.error = ECONNREFUSED
      else if (socket.closed && socket.inFlight === 0) end.close()
      else socket.end = end
    })
  }
}
