import { faultySyscalls } from '@rpc-steps/sockets'
import type { FaultyNetwork } from '@rpc-steps/sockets'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { Loop, READ, WRITE } from '../src/index.ts'
import type { Watcher } from '../src/index.ts'

/** A network without faults, and two connected sockets of ours on it. */
function connected(options: Parameters<typeof faultySyscalls>[1] = { faults: 'none' }) {
  const network = faultySyscalls(1, options)
  const listener = network.socket()
  const address = { host: '127.0.0.1', port: 7000 }
  network.bind(listener, address)
  network.listen(listener, 8)
  const pair = (): [number, number] => {
    const fd = network.socket()
    network.setNonBlocking(fd, true)
    network.connect(fd, address)
    const other = network.accept(listener)
    network.setNonBlocking(other, true)
    network.sleep(10) // until both ends know
    return [fd, other]
  }
  return { network, pair }
}

const byte = Buffer.from('x')
const ignore = { failed() {} }

describe('a turn', () => {
  let network: FaultyNetwork
  let pair: () => [number, number]
  let loop: Loop
  let errors: unknown[]
  beforeEach(() => {
    ;({ network, pair } = connected())
    errors = []
    loop = new Loop({ syscalls: network, selector: 'epoll', onError: (error) => errors.push(error) })
  })

  /** Makes a socket of a new pair readable, and waits until it is. */
  function readable(): number {
    const [fd, other] = pair()
    network.send(other, byte)
    network.sleep(10)
    return fd
  }

  test('calls the reader before the writer of the same socket', () => {
    const fd = readable()
    const seen: string[] = []
    loop.watch(fd, READ | WRITE, {
      readable: () => seen.push('read'),
      writable: () => seen.push('write'),
      ...ignore,
    })
    loop.turn(0)
    expect(seen).toEqual(['read', 'write'])
  })

  test('tells again in the next turn what was not dealt with', () => {
    const fd = readable()
    const reader = vi.fn()
    loop.watch(fd, READ, { readable: reader, ...ignore })
    loop.turn(0)
    loop.turn(0)
    network.recv(fd, loop.buffer)
    loop.turn(0)
    expect(reader).toHaveBeenCalledTimes(2)
  })

  test('does not call a handler that another one has removed in this turn', () => {
    const fds = [readable(), readable()] as const
    const removed: number[] = []
    const removeTheOther = (other: number): Watcher => ({
      readable() {
        loop.unwatch(other)
        removed.push(other)
      },
      ...ignore,
    })
    loop.watch(fds[0], READ, removeTheOther(fds[1]))
    loop.watch(fds[1], READ, removeTheOther(fds[0]))
    loop.turn(0)
    expect(removed).toHaveLength(1)
  })

  test('does not call the writer when the reader has removed both', () => {
    const fd = readable()
    const writable = vi.fn()
    loop.watch(fd, READ | WRITE, { readable: () => loop.unwatch(fd), writable, ...ignore })
    loop.turn(0)
    expect(writable).not.toHaveBeenCalled()
  })

  test('does not take a new socket for the one whose number it got', () => {
    const fds = [readable(), readable()] as const
    const stranger = vi.fn()
    const replaceTheOther = (other: number): Watcher => ({
      readable() {
        loop.unwatch(other)
        network.close(other)
        expect(network.socket()).toBe(other)
        loop.watch(other, READ | WRITE, { readable: stranger, writable: stranger, ...ignore })
      },
      ...ignore,
    })
    loop.watch(fds[0], READ, replaceTheOther(fds[1]))
    loop.watch(fds[1], READ, replaceTheOther(fds[0]))
    loop.turn(0)
    expect(stranger).not.toHaveBeenCalled()
  })

  test('runs sockets, then timers, then deferred work; what sleeps before runs first', () => {
    const fd = readable()
    const order: string[] = []
    loop.beforeSleep(() => order.push('before sleep'))
    loop.defer(() => order.push('deferred'))
    loop.after(0, () => order.push('timer'))
    loop.watch(fd, READ, { readable: () => order.push('socket'), ...ignore })
    loop.turn(0)
    expect(order).toEqual(['before sleep', 'socket', 'timer', 'deferred'])
  })

  test('leaves to the next turn what its own callbacks ask for', () => {
    let timers = 0
    let deferred = 0
    const again = () => (timers++, void loop.after(0, again))
    const deferAgain = () => (deferred++, loop.defer(deferAgain))
    loop.after(0, again)
    loop.defer(deferAgain)
    loop.turn()
    expect([timers, deferred]).toEqual([1, 1])
    loop.turn()
    expect([timers, deferred]).toEqual([2, 2])
  })

  test('a timer made by a socket in this turn waits for the next', () => {
    const fd = readable()
    const timer = vi.fn()
    const readOnce = () => (network.recv(fd, loop.buffer), void loop.after(0, timer))
    loop.watch(fd, READ, { readable: readOnce, ...ignore })
    loop.turn(0)
    expect(timer).not.toHaveBeenCalled()
    loop.turn(0)
    expect(timer).toHaveBeenCalledOnce()
  })

  test('a timer is never early, and a cancelled one never comes', () => {
    const start = network.now()
    let at = 0
    const cancelled = loop.after(3, () => expect.fail('was cancelled'))
    loop.after(7.3, () => (at = network.now()))
    cancelled()
    while (at === 0) loop.turn()
    expect(at - start).toBeGreaterThanOrEqual(7.3)
    expect(loop.alive).toBe(false)
  })

  test('sleeps once until a timer is due: no spinning through the last millisecond', () => {
    const wait = vi.spyOn(network.epoll, 'wait')
    let fired = false
    loop.after(7.3, () => (fired = true))
    while (!fired) loop.turn()
    expect(wait).toHaveBeenCalledOnce()
    expect(wait.mock.calls[0]![2]).toBe(8)
  })

  test('a wait beyond what fits an int does not become none', () => {
    const wait = vi.spyOn(network.epoll, 'wait')
    loop.after(1e12, () => {})
    loop.turn()
    expect(wait.mock.calls[0]![2]).toBe(0x7fffffff)
  })

  test('what a callback throws ends its watcher, and nothing else', () => {
    const [bad, good] = [readable(), readable()]
    const [failed, other] = [vi.fn(), vi.fn()]
    const bug = new Error('a bug')
    loop.watch(bad, READ, { readable: () => { throw bug }, failed })
    loop.watch(good, READ, { readable: other, ...ignore })
    loop.after(0, () => { throw bug })
    loop.after(0, other)
    loop.defer(() => { throw bug })
    loop.defer(other)
    loop.turn(0)
    expect(failed).toHaveBeenCalledExactlyOnceWith(bug)
    expect(other).toHaveBeenCalledTimes(3)
    expect(errors).toEqual([bug, bug, bug])
  })

  test('two watchers of one socket are refused, and so is a change without any', () => {
    const fd = readable()
    loop.watch(fd, READ, ignore)
    expect(() => loop.watch(fd, WRITE, ignore)).toThrow(`fd ${fd} is being watched already`)
    loop.unwatch(fd)
    expect(() => loop.modify(fd, READ)).toThrow(`fd ${fd} is not being watched`)
  })
})

describe.each(['poll', 'epoll', 'kqueue'] as const)('%s', (selector) => {
  test('a peer that hangs up reaches whoever only writes, or only reads', () => {
    for (const interest of [READ, WRITE]) {
      const { network, pair } = connected({ faults: { hangUpOnly: 1, interrupt: 0, spurious: 0 } })
      const loop = new Loop({ syscalls: network, selector })
      const [fd, other] = pair()
      network.close(other)
      network.sleep(10)
      const told = vi.fn()
      loop.watch(fd, interest, { readable: told, writable: told, ...ignore })
      loop.turn(0)
      expect(told).toHaveBeenCalledOnce()
    }
  })

  test('a peer that hangs up does not wake a loop that is not interested', () => {
    const { network, pair } = connected({ faults: { hangUpOnly: 1, interrupt: 0, spurious: 0 } })
    const loop = new Loop({ syscalls: network, selector })
    const [fd, other] = pair()
    loop.watch(fd, READ, ignore)
    loop.modify(fd, 0)
    network.close(other)
    const start = network.now()
    loop.turn(1_000)
    expect(network.now() - start).toBeGreaterThanOrEqual(1_000)
  })

  test('a signal ends the sleep, and the loop says so', () => {
    const { network } = connected({ faults: { interrupt: 1 } })
    const loop = new Loop({ syscalls: network, selector })
    expect(loop.turn(1_000)).toBe(false)
  })
})

test('poll: a descriptor that is none reaches its watcher', () => {
  const { network } = connected()
  const loop = new Loop({ syscalls: network, selector: 'poll' })
  const told = vi.fn()
  loop.watch(999, READ, { readable: told, ...ignore })
  loop.turn(0)
  expect(told).toHaveBeenCalledOnce()
})

describe('run', () => {
  test('ends when nothing is left to wait for', async () => {
    const loop = new Loop()
    let count = 0
    const again = () => void (++count < 3 && loop.after(1, again))
    loop.after(1, again)
    await loop.run()
    expect(count).toBe(3)
    loop.close()
  })

  test('ends when it is told to', async () => {
    const loop = new Loop()
    loop.after(100_000, () => {})
    loop.after(1, () => loop.stop())
    await loop.run()
    expect(loop.alive).toBe(true)
    loop.close()
  })

  test('leaves Node a moment, however busy it is', async () => {
    const loop = new Loop()
    let turns = 0
    let stopped = false
    const again = () => {
      // Not for ever: while Node has no moment, no time-out of the test can fire.
      if (++turns < 1_000_000 && !stopped) loop.defer(again)
    }
    loop.defer(again)
    setImmediate(() => (stopped = true))
    await loop.run()
    expect(turns).toBeGreaterThan(1)
    expect(turns).toBeLessThan(1_000_000)
    loop.close()
  })

  test('spinning takes turn after turn where the others sleep', () => {
    const turnsIn = (selector: 'spin' | 'poll') => {
      const loop = new Loop({ syscalls: faultySyscalls(1, { faults: 'none' }), selector })
      let done = false
      let turns = 0
      loop.after(50, () => (done = true))
      for (; !done; turns++) loop.turn()
      return turns
    }
    expect(turnsIn('poll')).toBe(1)
    expect(turnsIn('spin')).toBeGreaterThan(100)
  })
})
