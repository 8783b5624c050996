import fc from 'fast-check'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  check,
  EAGAIN,
  ECONNREFUSED,
  ECONNRESET,
  EINPROGRESS,
  EINTR,
  EMFILE,
  EPIPE,
  EpollEvents,
  errnoName,
  faultySyscalls,
  FaultyNetworkError,
  forSeeds,
  PollFds,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  type FaultyNetwork,
  type FaultyOptions,
  type Faults,
  type Peer,
} from '../src/index.ts'
import { echoInOneThread, echoServer, home, listenAt, selectors, sendAll } from './programs.ts'

// These tests choose their seeds themselves, whatever somebody wants to replay in a step.
beforeEach(() => {
  vi.stubEnv('SEED', '')
  onTestFinished(() => void vi.unstubAllEnvs())
})

const seeds = fc.integer({ min: 0, max: 0xffffffff })
const message = fc.uint8Array({ minLength: 1, maxLength: 100, size: 'max' })

/** Every fault that a right program gets over, whenever it fairly can happen. */
const always: Partial<Faults> = {
  oneByteRead: 1,
  shortWrite: 1,
  interrupt: 1,
  again: 1,
  spurious: 1,
  tooManyFiles: 1,
  hangUpOnly: 1,
}

/** A scripted client that sends `message`, then says that it is done; and what it got back. */
function echoClient(network: FaultyNetwork, message: Uint8Array, onEnd: () => void): number[] {
  const received: number[] = []
  network.connectPeer(home.port, {
    onConnect(peer) {
      peer.send(message)
      peer.end()
    },
    onData: (_, bytes) => void received.push(...bytes),
    onEnd(peer) {
      peer.close()
      onEnd()
    },
  })
  return received
}

describe('every byte arrives, once and in order', () => {
  it('with a blocking server and scripted clients', () => {
    fc.assert(
      fc.property(seeds, fc.array(message, { minLength: 1, maxLength: 4 }), (seed, messages) => {
        const network = faultySyscalls(seed)
        let left = messages.length
        const onEnd = () => void (--left || network.closeListeners())
        const received = messages.map((bytes) => echoClient(network, bytes, onEnd))
        echoServer(network)
        expect(received).toEqual(messages.map((bytes) => [...bytes]))
      }),
    )
  })

  it.each(Object.keys(selectors) as (keyof typeof selectors)[])(
    'with both ends in one thread and %s',
    (name) => {
      const options = fc.constantFrom<FaultyOptions>({}, { faults: always }, { bufferSize: 7 })
      const messages = fc.array(message, { minLength: 1, maxLength: 3 })
      fc.assert(
        fc.property(seeds, options, messages, (seed, options, messages) => {
          const network = faultySyscalls(seed, options)
          expect(echoInOneThread(network, messages, selectors[name])).toEqual(messages)
        }),
      )
    },
  )

  it('or, when connections break, the first ones', () => {
    const outcomes = new Set<string>()
    fc.assert(
      fc.property(seeds, fc.array(message, { minLength: 1, maxLength: 3 }), (seed, messages) => {
        const faults = { reset: 0.03, refuse: 0.1 }
        const network = faultySyscalls(seed, { faults, bufferSize: 20 })
        echoInOneThread(network, messages, selectors.poll).forEach((result, i) => {
          outcomes.add(typeof result === 'number' ? errnoName(result) : 'received')
          if (typeof result === 'object') {
            expect(messages[i]!.subarray(0, result.length)).toEqual(result)
          }
        })
      }),
    )
    expect([...outcomes].sort()).toEqual(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'received'])
  })
})

/** Passes every call on and writes down what it was and what it returned. */
function recorded(network: FaultyNetwork, log: string[]): FaultyNetwork {
  return new Proxy(network, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...parameters: unknown[]) => {
        const result: unknown = Reflect.apply(value, target, parameters)
        log.push(`${String(name)}(${String(parameters[0])}) = ${String(result)}`)
        return result
      }
    },
  })
}

describe('a seed', () => {
  const history = (seed: number) => {
    const log: string[] = []
    echoInOneThread(recorded(faultySyscalls(seed), log), [Buffer.from('hello')], selectors.poll)
    return log
  }

  it('decides everything', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(history(seed)).toEqual(history(seed))
      }),
    )
  })

  it('decides something else than the next one', () => {
    const histories = Array.from({ length: 20 }, (_, seed) => history(seed).join())
    expect(new Set(histories).size).toBe(20)
  })
})

it('with little room for events nobody is forgotten', () => {
  const network = faultySyscalls(1, { faults: 'none' })
  const { create, ctl, wait } = network.epoll
  const epfd = create()
  const fds = [1, 2, 3].map((n) => listenAt(network, { ...home, port: home.port + n }))
  for (const fd of fds) {
    ctl(epfd, 'add', fd, POLLIN)
    network.connectPeer(network.localAddress(fd).port, {})
  }
  network.sleep(10)
  const events = new EpollEvents(1)
  const seen = new Set<number>()
  for (let i = 0; i < 50; i++) {
    expect(wait(epfd, events, -1)).toBe(1)
    seen.add(events.fd(0))
  }
  expect([...seen].sort()).toEqual(fds)
})

/** A connected non-blocking socket of the program, and the scripted peer it is connected to. */
function connection(seed: number, faults: Partial<Faults>, script = {}) {
  const network = faultySyscalls(seed, { faults: { ...noFaults, ...faults } })
  let peer: Peer | undefined
  const port = network.listenPeer(0, () => ({ ...script, onConnect: (self) => (peer = self) }))
  const fd = check(network.socket(), 'socket')
  while (network.connect(fd, { ...home, port }) === EINTR);
  network.setNonBlocking(fd, true)
  return { network, fd, peer: peer! }
}
const noFaults: Faults = {
  oneByteRead: 0,
  shortWrite: 0,
  interrupt: 0,
  again: 0,
  spurious: 0,
  tooManyFiles: 0,
  hangUpOnly: 0,
  instantConnect: 0,
  late: 0,
  multishotEnds: 0,
  refuse: 0,
  reset: 0,
}

describe('each fault', () => {
  const buffer = new Uint8Array(100)
  const data = Buffer.from('some bytes')

  it('oneByteRead', () => {
    const { network, fd, peer } = connection(1, { oneByteRead: 1 })
    peer.send(data)
    network.sleep(10)
    expect([1, 2, 3].map(() => network.recv(fd, buffer))).toEqual([1, 1, 1])
  })

  it('shortWrite', () => {
    const { network, fd } = connection(1, { shortWrite: 1 })
    const sent = network.send(fd, data)
    expect(sent).toBeGreaterThan(0)
    expect(sent).toBeLessThan(data.length)
  })

  it.each([
    ['interrupt', EINTR],
    ['again', EAGAIN],
  ])('%s, but not for ever', (fault, error) => {
    const { network, fd } = connection(1, {})
    const troubled = connection(1, { [fault]: 1 })
    expect(network.send(fd, data)).toBe(data.length)
    const results = new Set<number>()
    for (let i = 0; i < 50; i++) results.add(troubled.network.send(troubled.fd, data))
    expect(results).toEqual(new Set([error, data.length]))
  })

  it('interrupt, also in the middle of a wait', async () => {
    const waited = new Set<string>()
    await forSeeds(20, (seed) => {
      const network = faultySyscalls(seed, { faults: { ...noFaults, interrupt: 1 } })
      const before = network.now()
      const result = network.poll(new PollFds(), 1000)
      const passed = network.now() - before
      waited.add(result === 0 ? 'all of it' : passed > 1 ? 'a part' : 'not at all')
      expect(passed < 1000).toBe(result === EINTR)
    })
    expect([...waited].sort()).toEqual(['a part', 'all of it', 'not at all'])
  })

  it('spurious', () => {
    const { network, fd } = connection(1, { spurious: 1 })
    const fds = new PollFds()
    fds.add(fd, POLLIN)
    const counts = new Set<number>()
    for (let i = 0; i < 50; i++) {
      const count = network.poll(fds, 1)
      counts.add(count)
      if (count) expect([fds.revents(0), network.recv(fd, buffer)]).toEqual([POLLIN, EAGAIN])
    }
    expect(counts).toEqual(new Set([0, 1]))
  })

  it('tooManyFiles, which leaves the connection in the queue', () => {
    const network = faultySyscalls(1, { faults: { ...noFaults, tooManyFiles: 1 } })
    const listener = listenAt(network)
    network.connectPeer(home.port, {})
    const results = []
    do results.push(network.accept(listener))
    while (results.at(-1)! < 0)
    expect(results).toEqual([EMFILE, EMFILE, listener + 1])
  })

  it('hangUpOnly, once there is nothing left to read', () => {
    const { network, fd, peer } = connection(1, { hangUpOnly: 1 })
    const fds = new PollFds()
    fds.add(fd, POLLIN)
    const state = () => [network.poll(fds, 100), fds.revents(0)]
    peer.send(data)
    peer.end()
    expect(state()).toEqual([1, POLLIN])
    network.recv(fd, buffer)
    // The other side can still read, so this is an end of the stream and no hang-up.
    expect(state()).toEqual([1, POLLIN])
    peer.close()
    expect(state()).toEqual([1, POLLHUP])
    expect(network.recv(fd, buffer)).toBe(0)
  })

  it('refuse', () => {
    const network = faultySyscalls(1, { faults: { refuse: 1 } })
    const errors: number[] = []
    listenAt(network)
    network.connectPeer(home.port, { onError: (_, error) => errors.push(error) })
    const fd = network.socket()
    network.setNonBlocking(fd, true)
    const fds = new PollFds()
    fds.add(fd, POLLOUT)
    if (network.connect(fd, home) === EINPROGRESS) {
      while (network.poll(fds, -1) === EINTR);
      expect(network.getOption(fd, 'error')).toBe(ECONNREFUSED)
    }
    network.sleep(10)
    expect(errors).toEqual([ECONNREFUSED])
  })

  it('reset, seen by both sides', async () => {
    const seen = new Set<number>()
    await forSeeds(20, (seed) => {
      const errors: number[] = []
      const onError = (_: Peer, error: number) => errors.push(error)
      const { network, fd } = connection(seed, { reset: 1 }, { onError })
      expect(network.send(fd, data)).toBe(data.length)
      network.sleep(10)
      const fds = new PollFds()
      fds.add(fd, 0)
      expect([network.poll(fds, 0), fds.revents(0)]).toEqual([1, POLLERR | POLLHUP])
      seen.add(network.send(fd, data))
      expect(network.recv(fd, buffer)).toBe(0)
      expect(network.send(fd, data)).toBe(EPIPE)
      expect(errors).toEqual([ECONNRESET])
    })
    expect(seen).toEqual(new Set([ECONNRESET, EPIPE]))
  })

  it('no more descriptors', () => {
    const network = faultySyscalls(1, { descriptors: 2 })
    expect([1, 2, 3].map(() => network.socket())).toEqual([3, 4, EMFILE])
    network.close(3)
    expect(network.socket()).toBe(3)
  })
})

describe('a scripted peer', () => {
  it('that stops reading leaves no room', () => {
    const { network, fd, peer } = connection(1, {})
    peer.pause()
    let total = 0
    let sent: number
    while ((sent = network.send(fd, new Uint8Array(1000))) > 0) total += sent
    expect([sent, total]).toEqual([EAGAIN, 4096])
    network.sleep(10)
    expect(network.send(fd, new Uint8Array(1))).toBe(EAGAIN)
    peer.resume()
    expect(network.send(fd, new Uint8Array(1))).toBe(1)
  })

  it('closes when the program does, unless it is told otherwise', () => {
    const buffer = new Uint8Array(1)
    const { network, fd } = connection(1, {})
    network.shutdown(fd, 'write')
    network.setNonBlocking(fd, false)
    expect(network.recv(fd, buffer)).toBe(0)
    const other = connection(1, {}, { onEnd: (peer: Peer) => peer.send('?') })
    other.network.shutdown(other.fd, 'write')
    other.network.setNonBlocking(other.fd, false)
    expect(other.network.recv(other.fd, buffer)).toBe(1)
    expect(() => other.network.recv(other.fd, buffer)).toThrow('deadlock')
  })

  it('that resets before it is accepted may never be seen', async () => {
    const results = new Set<string>()
    await forSeeds(20, (seed) => {
      const network = faultySyscalls(seed, { faults: 'none' })
      const listener = listenAt(network)
      network.connectPeer(home.port, { onConnect: (peer) => peer.reset() })
      network.sleep(10)
      const accepted = network.accept(listener)
      const result = accepted < 0 ? accepted : network.recv(accepted, new Uint8Array(1))
      results.add(errnoName(result))
    })
    expect(results).toEqual(new Set(['ECONNABORTED', 'ECONNRESET']))
  })

  it('acts by the clock of the network', () => {
    const { network, fd, peer } = connection(1, {})
    const before = network.now()
    network.after(3_600_000, () => peer.send('at last'))
    network.setNonBlocking(fd, false)
    expect(network.recv(fd, new Uint8Array(100))).toBe(7)
    expect(network.now() - before).toBeGreaterThanOrEqual(3_600_000)
  })
})

describe('a program that can never finish', () => {
  const messageOf = (run: () => void) => {
    try {
      run()
    } catch (error) {
      expect(error).toBeInstanceOf(FaultyNetworkError)
      return (error as Error).message
    }
    return 'nothing was thrown'
  }

  it('is told so when it sleeps', () => {
    const network = faultySyscalls(42)
    network.connectPeer(home.port, {})
    // The client never says anything, and never leaves.
    expect(messageOf(() => echoServer(network))).toBe(
      'deadlock: recv on fd 4 would sleep for ever (faulty network with seed 42)',
    )
    const empty = new PollFds()
    const poll = () => {
      while (network.poll(empty, -1) === EINTR);
    }
    expect(messageOf(poll)).toContain('deadlock: poll on 0 sockets would sleep for ever')
  })

  it('is told so when both sides wait for room', () => {
    const network = faultySyscalls(7)
    const port = network.listenPeer(0, () => ({ onConnect: (peer) => peer.pause() }))
    const fd = network.socket()
    while (network.connect(fd, { ...home, port }) === EINTR);
    const send = () => void sendAll(network, fd, new Uint8Array(10_000))
    expect(messageOf(send)).toContain('deadlock: send on fd 3')
  })

  it('is told so when it spins', () => {
    const { network, fd, peer } = connection(1, {})
    peer.close()
    // Takes the end of the stream for nothing to read.
    const spin = () => {
      while (network.recv(fd, new Uint8Array(1)) <= 0);
    }
    expect(messageOf(spin)).toContain('livelock: nothing happened in 1000000 calls')
  })

  it('is told so when a callback of its peer waits', () => {
    const { network, fd } = connection(1, {})
    network.after(1, () => network.poll(new PollFds(), 10))
    expect(messageOf(() => network.sleep(2))).toContain("a peer's callback must not wait in poll")
    expect(fd).toBe(3)
  })
})

describe('a famous mistake is found', () => {
  /** The echo server with one line of it wrong. */
  function brokenEcho(network: FaultyNetwork, mistake: 'send once' | 'EINTR is the end'): void {
    const listener = listenAt(network)
    let fd: number
    while ((fd = network.accept(listener)) < 0);
    const buffer = new Uint8Array(1000)
    for (;;) {
      const count = network.recv(fd, buffer)
      if (count === EINTR && mistake !== 'EINTR is the end') continue
      if (count <= 0) break
      if (mistake === 'send once') network.send(fd, buffer, 0, count)
      else sendAll(network, fd, buffer.subarray(0, count))
    }
    network.close(fd)
    network.sleep(100)
  }

  it.each(['send once', 'EINTR is the end'] as const)('%s', async (mistake) => {
    const text = Buffer.from('x'.repeat(100))
    const found = forSeeds(20, (seed) => {
      const network = faultySyscalls(seed)
      const received = echoClient(network, text, () => {})
      brokenEcho(network, mistake)
      expect(received.length).toBe(text.length)
    })
    await expect(found).rejects.toThrow(/replay with SEED=\d+/)
  })
})

describe('forSeeds', () => {
  const run = async (count: number, body: (seed: number) => void) => {
    const seeds: number[] = []
    await forSeeds(count, (seed) => {
      seeds.push(seed)
      body(seed)
    })
    return seeds
  }

  it('runs that many', async () => {
    expect(await run(3, () => {})).toEqual([1, 2, 3])
  })

  it('runs the one it is told to replay', async () => {
    vi.stubEnv('SEED', '77')
    expect(await run(3, () => {})).toEqual([77])
    vi.stubEnv('SEED', 'x')
    await expect(run(3, () => {})).rejects.toThrow('SEED must be a whole number, not "x"')
  })
})
