import { EAGAIN, ECONNABORTED, EMFILE, faultySyscalls } from '@rpc-steps/sockets'
import type { FaultyNetwork, FaultyOptions, Peer } from '@rpc-steps/sockets'
import type { Client } from '@rpc-steps/callbacks'
import { requestText } from '@rpc-steps/wire'
import { describe, expect, test, vi } from 'vitest'
import { answer, connect, listen, Loop } from '../src/index.ts'
import type { ClientOptions, Handler, ServerOptions } from '../src/index.ts'
import { frame } from './helpers.ts'

// What a loop does when the kernel has no room for something, and that nothing is lost by it.

const ENOMEM = -12

const none = {
  oneByteRead: 0, shortWrite: 0, interrupt: 0, again: 0, spurious: 0, tooManyFiles: 0, hangUpOnly: 0, instantConnect: 0,
}

function world(options: FaultyOptions = {}) {
  const network = faultySyscalls(1, { faults: 'none', latency: 0, ...options })
  const errors: unknown[] = []
  const loop = new Loop({ syscalls: network, selector: 'epoll', onError: (error) => errors.push(error) })
  const turnUntil = (done: () => boolean) => {
    for (let turns = 0; !done(); turns++) {
      if (turns > 10_000) throw new Error(`in 10,000 turns not: ${done}`)
      loop.turn(10)
    }
  }
  return { network, loop, errors, turnUntil }
}

/** Lets `epoll_ctl` fail when `fails` says so. */
function failing(network: FaultyNetwork, fails: (operation: 'add' | 'modify' | 'delete', fd: number) => boolean) {
  const ctl = network.epoll.ctl.bind(network.epoll)
  network.epoll.ctl = (epfd, operation, fd, events) => (fails(operation, fd) ? ENOMEM : ctl(epfd, operation, fd, events))
}

/** A client that sends one request, and keeps what comes. */
function asking(network: FaultyNetwork, method = 'get_data', port = 7000) {
  const seen = { bytes: 0, over: '' }
  const peer = network.connectPeer(port, {
    onConnect: (peer) => peer.send(frame(requestText(1, method))),
    onData: (_, bytes) => (seen.bytes += bytes.length),
    onEnd: (peer) => ((seen.over ||= 'end'), peer.close()),
    onError: () => (seen.over ||= 'reset'),
  })
  return Object.assign(seen, { peer })
}

describe('a connection that the kernel will not watch as it should', () => {
  const large: Handler = (_, respond) => respond(null, 'x'.repeat(20_000))

  test('is closed, and nobody else is', () => {
    const { network, loop, errors, turnUntil } = world()
    const server = listen(loop, large, { port: 7000 })
    failing(network, (operation) => operation === 'modify')
    const close = vi.spyOn(network, 'close')
    const unlucky = asking(network)
    unlucky.peer.pause()
    turnUntil(() => close.mock.calls.length > 0)
    expect(server.connections).toBe(0)
    expect(errors).toEqual([])
    const lucky = asking(network, 'x', listen(loop, answer, { port: 7001 }).port)
    turnUntil(() => lucky.bytes > 0)
  })

  test('tells its callers why', () => {
    const { network, loop, turnUntil } = world()
    network.listenPeer(7001, () => ({ onConnect: (peer) => peer.pause() }))
    const one = client(loop, turnUntil, { port: 7001 })
    failing(network, (operation) => operation === 'modify')
    const told = vi.fn()
    const closed = vi.fn()
    one.on('close', closed)
    one.call('x', ['x'.repeat(20_000)], told)
    turnUntil(() => told.mock.calls.length === 1)
    expect(told.mock.calls[0]![0].cause).toMatchObject({ errno: ENOMEM, syscall: 'epoll_ctl' })
    turnUntil(() => closed.mock.calls.length === 1)
  })
})

describe('who comes when there is no room for him', () => {
  test('is let go of, with his file descriptor, and the door rests for a moment', () => {
    const { network, loop, errors, turnUntil } = world({ descriptors: 8 })
    let full = false
    const opened = vi.spyOn(network, 'listen')
    failing(network, (operation, fd) => operation === 'add' && full && fd !== opened.mock.calls[0]![0])
    const server = listen(loop, answer, { port: 7000 })
    const first = asking(network)
    turnUntil(() => first.bytes > 0)
    full = true
    const unlucky = Array.from({ length: 20 }, () => asking(network))
    const accept = vi.spyOn(network, 'accept')
    const start = network.now()
    while (network.now() - start < 90) loop.turn(10)
    expect(accept).toHaveBeenCalledOnce()
    turnUntil(() => unlucky.every(({ over }) => over !== ''))
    expect(errors).toHaveLength(20)
    full = false
    const late = asking(network)
    turnUntil(() => late.bytes > 0)
    expect(server.connections).toBe(2)
  })

  test('the door opens again though the kernel has no room for that at first', () => {
    const { network, loop, turnUntil } = world()
    let failures = 0
    let full = false
    failing(network, (operation) => operation === 'add' && full && failures++ < 3)
    listen(loop, answer, { port: 7000 })
    const accept = network.accept.bind(network)
    network.accept = () => ((full = true), (network.accept = accept), EMFILE)
    const client = asking(network)
    turnUntil(() => client.bytes > 0)
    expect(failures).toBeGreaterThan(3)
  })

  test('is accepted as soon as somebody leaves', () => {
    const { network, loop, turnUntil } = world({ descriptors: 6 })
    const server = listen(loop, answer, { port: 7000 })
    const clients = Array.from({ length: 30 }, () => asking(network))
    const served = () => clients.filter(({ bytes }) => bytes > 0)
    turnUntil(() => served().length === 4)
    const start = network.now()
    const leave = new Set<Peer>()
    while (leave.size < 30) {
      turnUntil(() => served().length > leave.size)
      const next = served().find(({ peer }) => !leave.has(peer))!
      leave.add(next.peer)
      next.peer.close()
    }
    // By its own clock the door would open after a tenth of a second.
    expect(network.now() - start).toBeLessThan(100)
    turnUntil(() => server.connections === 0)
  })

  test('and has gone again before is passed over: the next is accepted in the same turn', () => {
    const { network, loop } = world()
    const server = listen(loop, answer, { port: 7000 })
    asking(network)
    const accept = network.accept.bind(network)
    network.accept = () => ((network.accept = accept), ECONNABORTED)
    loop.turn(10)
    expect(server.connections).toBe(1)
  })
})

test('a crowd at the door is let in by and by, and those inside are served meanwhile', () => {
  const { network, loop, turnUntil } = world()
  const server = listen(loop, answer, { port: 7000 })
  const crowd = Array.from({ length: 300 }, () => asking(network))
  loop.turn(10)
  expect(server.connections).toBeGreaterThan(10)
  expect(server.connections).toBeLessThan(100)
  turnUntil(() => crowd.some(({ bytes }) => bytes > 0))
  expect(server.connections).toBeLessThan(300)
  turnUntil(() => crowd.every(({ bytes }) => bytes > 0))
})

test('what is enough for a write leaves before the next request is looked at', () => {
  const { network, loop, turnUntil } = world()
  const order: string[] = []
  const handler: Handler = (_, respond) => {
    order.push('handle')
    respond(null, 'x'.repeat(100_000))
  }
  listen(loop, handler, { port: 7000, highWater: 1e6 })
  const clients = [asking(network), asking(network)]
  turnUntil(() => loop.alive && order.length === 0)
  const send = network.send.bind(network)
  network.send = (...args) => {
    const count = send(...args)
    if (count !== EAGAIN) order.push('send')
    return count
  }
  turnUntil(() => clients.every(({ bytes }) => bytes > 100_000))
  expect(order.slice(0, 4)).toEqual(['handle', 'send', 'handle', 'send'])
})

describe('close of a server', () => {
  test('calls everybody back who has asked for it, on a later turn', () => {
    const { network, loop, turnUntil } = world()
    const server = listen(loop, answer, { port: 7000, linger: 10 })
    const client = asking(network)
    turnUntil(() => client.bytes > 0)
    const told: string[] = []
    server.close(() => told.push('first'))
    server.close(() => told.push('second'))
    expect(told).toEqual([])
    turnUntil(() => told.length === 2)
    expect(told).toEqual(['first', 'second'])
    server.close(() => told.push('third'))
    expect(told).toHaveLength(2)
    turnUntil(() => told.length === 3)
    expect(loop.alive).toBe(false)
  })

  test('while the door rests opens it no more', () => {
    const { network, loop, errors, turnUntil } = world()
    const server = listen(loop, answer, { port: 7000 })
    asking(network)
    network.accept = () => EMFILE
    loop.turn(10)
    server.close()
    turnUntil(() => !loop.alive)
    expect(errors).toEqual([])
  })
})

test('a loop that is closed gives its place in the kernel back', () => {
  const network = faultySyscalls(1, { descriptors: 4 })
  for (let i = 0; i < 20; i++) new Loop({ syscalls: network, selector: 'epoll' }).close()
})

test('listening where somebody listens already leaves no file descriptor behind', () => {
  const { loop } = world({ descriptors: 8 })
  listen(loop, answer, { port: 7000 })
  for (let i = 0; i < 20; i++) expect(() => listen(loop, answer, { port: 7000 })).toThrow('EADDRINUSE')
})

test('a server tells the framings apart by itself', () => {
  const { loop, turnUntil } = world()
  const server = listen(loop, answer, { port: 7000 })
  const results: unknown[] = []
  for (const framing of ['newline', 'content-length'] as const) {
    const one = client(loop, turnUntil, { port: server.port, framing })
    one.call('add', [1, 2], (error, result) => results.push(error ?? result))
  }
  turnUntil(() => results.length === 2)
  expect(results).toEqual([3, 3])
})

/** A client of the step, connected. */
function client(loop: Loop, turnUntil: (done: () => boolean) => void, options: ClientOptions): Client {
  let connected: Client | undefined
  connect(loop, options, (error, client) => {
    if (error) throw error
    connected = client
  })
  turnUntil(() => connected !== undefined)
  return connected!
}

describe('connect', () => {
  function failingConnect(loop: Loop, turnUntil: (done: () => boolean) => void, options: ServerOptions & ClientOptions) {
    const told: unknown[] = []
    connect(loop, options, (error) => told.push(error))
    expect(told, 'not before it has returned').toEqual([])
    turnUntil(() => told.length > 0)
    expect(told).toHaveLength(1)
    return told[0]
  }

  test('tells its callback, and throws nothing, when no file descriptor is left', () => {
    const { loop, turnUntil } = world({ descriptors: 1 })
    expect(failingConnect(loop, turnUntil, { port: 7000 })).toMatchObject({ code: 'EMFILE', syscall: 'socket' })
  })

  test.each([
    ['after a while', {}],
    ['at once', { instantConnect: 1 }],
  ])('refused %s leaves no file descriptor behind', (_, faults) => {
    const { loop, turnUntil } = world({ descriptors: 8, faults: { ...none, ...faults } })
    for (let i = 0; i < 20; i++) {
      expect(failingConnect(loop, turnUntil, { port: 7009 })).toMatchObject({ code: 'ECONNREFUSED', port: 7009 })
    }
    expect(loop.alive).toBe(false)
  })

  test('that cannot be watched leaves no file descriptor behind', () => {
    const { network, loop, turnUntil } = world({ descriptors: 8 })
    network.listenPeer(7001, () => ({}))
    failing(network, () => true)
    for (let i = 0; i < 20; i++) {
      expect(failingConnect(loop, turnUntil, { port: 7001 })).toMatchObject({ errno: ENOMEM })
    }
    expect(loop.alive).toBe(false)
  })
})
