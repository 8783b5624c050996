import fc from 'fast-check'
import fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { EpollEvents, EV_ADD, EVFILT_WRITE, KEvents } from '../src/index.ts'
import { PollFds, POLLIN, POLLOUT } from '../src/index.ts'
import {
  decodeSockaddr,
  decodeTimeval,
  encodeSockaddr,
  encodeTimespec,
  encodeTimeval,
  platformFor,
} from '../src/platform.ts'

const systems = [
  ['linux', 'x64'],
  ['linux', 'arm64'],
  ['darwin', 'x64'],
  ['darwin', 'arm64'],
] as const
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe.each(systems)('%s on %s', (platform, arch) => {
  const table = platformFor(platform, arch)
  const linux = platform === 'linux'

  it('lays out struct sockaddr_in', () => {
    const bytes = encodeSockaddr(table, { host: '192.168.1.20', port: 0x1f90 })
    expect(hex(bytes)).toBe(`${linux ? '0200' : '1002'}1f90c0a801140000000000000000`)
  })

  it('reads back any address', () => {
    const byte = fc.integer({ min: 0, max: 255 })
    const anyHost = fc.tuple(byte, byte, byte, byte)
    const anyPort = fc.integer({ min: 0, max: 65535 })
    fc.assert(
      fc.property(anyHost, anyPort, (host, port) => {
        const address = { host: host.join('.'), port }
        expect(decodeSockaddr(encodeSockaddr(table, address))).toEqual(address)
      }),
    )
  })

  it('has the numbers of its headers', () => {
    const { receiveTimeout, sendTimeout, reuseAddress, error, noDelay } = table.options
    const { receiveBuffer, sendBuffer } = table.options
    expect(noDelay).toEqual([6, 1])
    expect([reuseAddress, error, receiveTimeout, sendTimeout]).toEqual(
      linux
        ? [[1, 2], [1, 4], [1, 20], [1, 21]]
        : [[0xffff, 4], [0xffff, 0x1007], [0xffff, 0x1006], [0xffff, 0x1005]],
    )
    expect([sendBuffer, receiveBuffer]).toEqual(
      linux ? [[1, 7], [1, 8]] : [[0xffff, 0x1001], [0xffff, 0x1002]],
    )
    expect(table.oNonBlock).toBe(linux ? 0x800 : 4)
    expect(table.sockCloexec).toBe(linux ? 0o2000000 : 0)
    expect(table.msgNoSignal).toBe(linux ? 0x4000 : 0)
    expect(table.soNoSigpipe).toEqual(linux ? undefined : [0xffff, 0x1022])
  })
})

it('knows struct epoll_event: packed on x64 only', () => {
  expect(platformFor('linux', 'x64').epollEvent).toEqual({ words: 3, dataWord: 1 })
  expect(platformFor('linux', 'arm64').epollEvent).toEqual({ words: 4, dataWord: 2 })
})

it.skipIf(process.platform === 'win32')('agrees with Node about this machine', () => {
  expect(platformFor(process.platform, process.arch).oNonBlock).toBe(fs.constants.O_NONBLOCK)
})

it('says in one line where the calls do not work', () => {
  expect(() => platformFor('win32', 'x64')).toThrow(
    'steps 01 and 03 need Linux or macOS; on Windows run them in WSL ' +
      '(https://learn.microsoft.com/windows/wsl)',
  )
  expect(() => platformFor('sunos', 'x64')).toThrow('this is sunos on x64')
  expect(() => platformFor('win32', 'x64')).toThrow(
    expect.objectContaining({ code: 'ERR_UNSUPPORTED_SYSTEM' }),
  )
})

it('refuses what is no address', () => {
  const table = platformFor('linux', 'x64')
  const encode = (host: string, port: number) => () => encodeSockaddr(table, { host, port })
  expect(hex(encode('localhost', 1)())).toContain('7f000001')
  expect(encode('example.com', 80)).toThrow('host must be an IPv4 address such as 127.0.0.1')
  expect(encode('::1', 80)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_HOST' }))
  expect(encode('127.1', 80)).toThrow('not "127.1"')
  for (const port of [-1, 65536, 1.5, NaN]) {
    expect(encode('127.0.0.1', port)).toThrow('port must be a whole number from 0 to 65535')
  }
})

it('lays out times', () => {
  expect(hex(encodeTimeval(1500))).toBe('010000000000000020a1070000000000')
  expect(hex(encodeTimespec(1500))).toBe('01000000000000000065cd1d00000000')
  // Zero would mean for ever.
  expect(decodeTimeval(encodeTimeval(0.0001))).toBe(0.001)
  for (const ms of [0, 1, 999, 1000, 60_000, 2 ** 40]) {
    expect(decodeTimeval(encodeTimeval(ms))).toBe(ms)
  }
})

it('lays out struct kevent', () => {
  const changes = new KEvents(1)
  changes.push(7, EVFILT_WRITE, EV_ADD)
  expect(hex(changes.bytes)).toBe(`0700000000000000feff0100${'00'.repeat(20)}`)
  expect([changes.fd(0), changes.filter(0), changes.flags(0)]).toEqual([7, EVFILT_WRITE, EV_ADD])
  expect(() => changes.push(8, EVFILT_WRITE, EV_ADD)).toThrow('no room for more than 1')
  changes.clear()
  expect(changes.length).toBe(0)
})

it('reads an epoll event where it was written', () => {
  const events = new EpollEvents(3)
  events.set(2, 1234, POLLIN | POLLOUT)
  expect([events.fd(2), events.events(2), events.fd(1)]).toEqual([1234, POLLIN | POLLOUT, 0])
})

describe('PollFds', () => {
  it('lays out struct pollfd', () => {
    const fds = new PollFds(1)
    fds.add(3, POLLIN)
    fds.add(260, POLLOUT)
    expect(hex(fds.bytes)).toBe('0300000001000000' + '0401000004000000')
  })

  it('holds what was added, whatever was removed', () => {
    const fd = fc.integer({ min: 0, max: 20 })
    const events = fc.constantFrom(0, POLLIN, POLLOUT)
    const step = fc.oneof(
      fc.record({ verb: fc.constant('put' as const), fd, events }),
      fc.record({ verb: fc.constant('remove' as const), fd, events }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const model = new Map<number, number>()
        const fds = new PollFds(1)
        for (const { verb, fd, events } of steps) {
          const method = verb === 'put' ? (model.has(fd) ? 'modify' : 'add') : 'remove'
          if (method === 'remove' && !model.has(fd)) {
            expect(() => fds.remove(fd)).toThrow(`fd ${fd} is not in the list`)
            continue
          }
          fds[method](fd, events)
          if (method === 'remove') model.delete(fd)
          else model.set(fd, events)
        }
        const held: [number, number][] = []
        for (let i = 0; i < fds.length; i++) held.push([fds.fd(i), fds.events(i)])
        expect(new Map(held)).toEqual(model)
        expect(held.length).toBe(model.size)
      }),
    )
  })

  it('holds a descriptor once', () => {
    const fds = new PollFds()
    fds.add(3, POLLIN)
    expect(() => fds.add(3, POLLOUT)).toThrow('fd 3 is in the list already')
  })
})
