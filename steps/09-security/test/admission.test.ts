import { once } from 'node:events'
import * as net from 'node:net'
import { networkInterfaces } from 'node:os'
import * as tls from 'node:tls'
import { answer } from '@rpc-steps/async-await'
import { FakeClock } from '@rpc-steps/session/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { signToken } from '../src/certificates.ts'
import { Admission, withToken } from '../src/index.ts'
import { ada, bob, client, dial, gone, nobody, outcome, rawClient, request, rule, serve, silent, tokenKey } from './support.ts'

const isLinux = process.platform === 'linux'
const hasIPv6 = Object.values(networkInterfaces()).flat().some((one) => one?.address === '::1')
const empty = { known: 0, strangers: 0 }

/** Many that say nothing, in bursts; and as soon as one has gone, another. */
function flood(port: number, from: string, count = 200) {
  let over = false
  let came = 0
  const sockets = new Set<net.Socket>()
  const one = () => {
    if (over) return
    const socket = net.connect({ host: '127.0.0.1', port, localAddress: from })
    sockets.add(socket)
    socket.on('connect', () => came++)
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      setTimeout(one, 5)
    })
  }
  const stop = () => {
    over = true
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(stop)
  for (let n = 0; n < count; n++) one()
  return { came: () => came, stop }
}

describe('strangers', () => {
  test('a thousand silent handshakes do not keep out who says who they are', async () => {
    const at = await serve(answer)
    const silents = await Promise.all(Array.from({ length: 1000 }, () => silent(at)))
    const peer = await dial(at, ada)
    expect(await peer.call('whoami')).toEqual({ name: 'ada', by: 'certificate' })
    expect(at.admission.counts.strangers).toBeLessThanOrEqual(64)
    for (const socket of silents) socket.destroy()
    await expect.poll(() => at.admission.counts).toEqual({ known: 1, strangers: 0 })
  })

  test.runIf(isLinux)('nor while new ones come, from another address', async () => {
    const at = await serve(answer)
    const { came, stop } = flood(at.port, '127.0.0.2')
    for (let i = 0; i < 3; i++) {
      await expect.poll(came).toBeGreaterThan(250 * (i + 1))
      const peer = await dial(at, ada)
      expect(await peer.call('add', [i, 1])).toBe(i + 1)
      await peer.close()
    }
    stop()
    await expect.poll(() => at.admission.counts).toEqual(empty)
  })

  test('when there are too many, the one goes who has waited longest, of the address that has most', async () => {
    const at = await serve(answer, { admission: { strangers: 3 } })
    const own = isLinux ? { localAddress: '127.0.0.2' } : {}
    const first = await silent(at)
    const second = await silent(at, own)
    const third = await silent(at, own)
    await expect.poll(() => at.admission.counts.strangers).toBe(3)
    const fourth = await silent(at, own)
    const [who, stays] = isLinux ? [second, first] : [first, second]
    await gone(who)
    expect([stays, third, fourth].map((socket) => socket.closed)).toEqual([false, false, false])
    expect(at.refused()).toEqual(['RESOURCE_EXHAUSTED: others came'])
  })

  test('patience ends on time, for each from when they came, also for one who has begun to speak', async () => {
    const clock = new FakeClock()
    const at = await serve(answer, { clock, admission: { handshake: 1000 } })
    const early = await silent(at)
    await expect.poll(() => at.admission.counts.strangers).toBe(1)
    clock.pass(600)
    const late = await rawClient(at, nobody) // all of its handshake is done, and still nobody knows who it is
    late.say({ method: '$/nothing' })
    await expect.poll(() => at.admission.counts.strangers).toBe(2)
    clock.pass(399)
    expect(at.admission.counts.strangers).toBe(2)
    clock.pass(1)
    expect(at.admission.counts.strangers).toBe(1)
    await gone(early)
    expect(late.socket.destroyed).toBe(false)
    clock.pass(600)
    expect(at.admission.counts.strangers).toBe(0)
    await gone(late.socket)
    expect(at.refused()).toEqual(['RESOURCE_EXHAUSTED: took too long', 'RESOURCE_EXHAUSTED: took too long'])
    await expect.poll(() => at.admission.counts).toEqual(empty)
    expect(clock.timers).toBe(0)
  })

  test('a token makes one known in time, and a wrong one does not', async () => {
    const clock = new FakeClock()
    const at = await serve(answer, { clock, admission: { handshake: 1000 } })
    const right = await dial(at, nobody)
    const wrong = await dial(at, nobody)
    await withToken(right.call, await signToken(tokenKey, 'ada', 60_000))('add', [1, 2])
    expect(await outcome(withToken(wrong.call, 'no token')('add', [1, 2]))).toBe(-32001)
    expect(at.admission.counts).toEqual({ known: 1, strangers: 1 })
    clock.pass(1000)
    await wrong.closed
    expect(await right.call('add', [1, 2]).catch((error: { code: number }) => error.code)).toBe(-32001)
    expect(at.admission.counts).toEqual({ known: 1, strangers: 0 })
  })

  test('who end in the middle of a handshake have left', async () => {
    const at = await serve(answer, { clock: new FakeClock() })
    const sockets = await Promise.all([silent(at), silent(at)])
    await expect.poll(() => at.admission.counts.strangers).toBe(2)
    sockets[0].destroy()
    sockets[1].write(Buffer.from([22, 3, 1, 2, 0, 1, 0]))
    sockets[1].end()
    await expect.poll(() => at.admission.counts, { timeout: 8000 }).toEqual(empty)
  })

  test('may stay where somebody of whom nothing is known may call something', async () => {
    const clock = new FakeClock()
    const at = await serve(answer, { clock, policy: [rule('anybody', 'say')], open: () => true })
    const peer = await dial(at, nobody)
    await expect.poll(() => at.admission.counts).toEqual({ known: 1, strangers: 0 })
    clock.pass(1e6)
    expect(await peer.call('say', { text: 'a' })).toBe('You said: a')
    expect(await outcome(peer.call('add', [1, 2]))).toBe(-32001)
  })
})

describe('connections', () => {
  test('one too many is ended before its handshake, and its place is given to the next', async () => {
    const at = await serve(answer, { admission: { connections: 2 } })
    const [one] = [await dial(at, ada), await dial(at, bob)]
    await expect.poll(() => at.admission.counts.known).toBe(2)
    await expect(dial(at, ada)).rejects.toThrow()
    expect(at.refused()).toEqual(['RESOURCE_EXHAUSTED: too many connections'])
    await one.close()
    await expect.poll(() => at.admission.counts.known).toBe(1)
    expect(await (await dial(at, ada)).call('add', [1, 2])).toBe(3)
  })

  test.runIf(isLinux)('of one address do not take the place of another', async () => {
    const at = await serve(answer, { admission: { perAddress: 2 } })
    const from = (localAddress: string) => rawClient(at, ada, { socket: net.connect({ host: '127.0.0.1', port: at.port, localAddress }) })
    await Promise.all([from('127.0.0.2'), from('127.0.0.2')])
    await expect.poll(() => at.admission.counts.known).toBe(2)
    await expect(from('127.0.0.2')).rejects.toThrow()
    await Promise.all([from('127.0.0.3'), from('127.0.0.4')])
    await expect.poll(() => at.admission.counts.known).toBe(4)
    expect(at.refused()).toEqual(['RESOURCE_EXHAUSTED: too many connections of this address'])
  })

  test.runIf(isLinux)('with the same port of a client, to two addresses of the server, are two visitors', async () => {
    const at = await serve(answer, {}, '0.0.0.0')
    const socket = await silent(at, { localAddress: '127.0.0.1' })
    await expect.poll(() => at.admission.counts.strangers).toBe(1)
    await silent(at, { host: '127.0.0.2', localAddress: '127.0.0.1', localPort: socket.localPort! })
    await expect.poll(() => at.admission.counts.strangers).toBe(2)
    const first = tls.connect({ ...ada, servername: 'localhost', socket })
    await once(first, 'secureConnect')
    await expect.poll(() => at.admission.counts).toEqual({ known: 1, strangers: 1 })
    first.destroy()
    await expect.poll(() => at.admission.counts).toEqual({ known: 0, strangers: 1 })
  })

  test.runIf(hasIPv6)('are told apart over IPv6, and over IPv4 to a server of both', async () => {
    const own = await serve(answer, {}, '::1')
    expect(await (await dial(own, ada)).call('whoami')).toEqual({ name: 'ada', by: 'certificate' })
    const both = await serve(answer, {}, '::')
    const raw = await rawClient(both, nobody)
    raw.say(request(1, 'whoami'))
    await expect.poll(raw.heard).toEqual(['1: -32001'])
    expect(JSON.parse(both.lines[0]!)).toMatchObject({ from: expect.stringMatching(/127\.0\.0\.1:\d+$/) })
    await dial({ host: '127.0.0.1', port: both.port }, ada)
    await expect.poll(() => both.admission.counts).toEqual({ known: 1, strangers: 1 })
  })

  test('that become one too many by a token are ended, and nothing is run for them', async () => {
    const run: string[] = []
    const at = await serve(({ method }) => void run.push(method), { admission: { connections: 1 } })
    const token = await signToken(tokenKey, 'ada', 60_000)
    const [one, two] = [await dial(at, nobody), await dial(at, nobody)]
    await withToken(one.call, token)('first')
    expect(await outcome(withToken(two.call, token)('second'))).toBe('ERR_DISCONNECTED')
    expect(run).toEqual(['first'])
    expect(at.refused()).toEqual(['RESOURCE_EXHAUSTED: too many connections'])
  })

  test('two thousand that come and go, in every way: nothing is left of them', async () => {
    const at = await serve(answer)
    const token = await signToken(tokenKey, 'bob', 600_000)
    const plain = () => net.connect({ host: '127.0.0.1', port: at.port })
    const ways = [
      async () => void (await silent(at)).resetAndDestroy(),
      async () => void (await silent(at)).destroy(),
      async () => {
        const socket = plain().on('error', () => {}).resume()
        socket.end('GET / HTTP/1.1\r\n\r\n')
        await gone(socket)
      },
      async () => {
        const socket = plain().on('error', () => {}).resume()
        socket.write(Buffer.from([22, 3, 1, 2, 0, 1, 0])) // the beginning of a handshake
        await once(socket, 'connect')
        socket.resetAndDestroy()
      },
      async (i: number) => {
        const peer = await dial(at, i % 2 ? ada : nobody)
        if (i % 2) await peer.call('add', [1, 2])
        else await withToken(peer.call, token)('add', [1, 2])
        if (i % 3) peer.destroy()
        else await peer.close()
      },
    ]
    // The last way is dear, so only each fortieth goes it.
    for (let begun = 0; begun < 2000; begun += 40) {
      await Promise.all(Array.from({ length: 40 }, (_, i) => ways[i === 39 ? 4 : i % 4]!(begun / 40)))
    }
    await expect.poll(() => at.admission.counts).toEqual(empty)
    await expect.poll(() => at.peers.size).toBe(0)
    expect(at.lines.filter((line) => line.includes('undefined'))).toEqual([])
  })

  test('close() waits for no stranger, and for what is in flight', async () => {
    const at = await serve((_, context) => context.sleep(50).then(() => 'done'), { admission: { handshake: 600_000 } })
    const peer = await dial(at, ada)
    const socket = await silent(at)
    const nameless = await rawClient(at, nobody)
    const done = peer.call('x')
    await expect.poll(() => [...at.peers].map(({ stats }) => stats.handling)).toContain(1)
    await Promise.all([at.close(), gone(socket), gone(nameless.socket)])
    expect(await done).toBe('done')
  })
})

describe('the door', () => {
  /** A socket, as far as the door looks at it. */
  function visit(remoteAddress: string, remotePort = 1) {
    const socket = new net.Socket()
    for (const [name, value] of Object.entries({ remoteAddress, remotePort, localAddress: '::1', localPort: 1 })) {
      Object.defineProperty(socket, name, { value })
    }
    return socket
  }

  test.each([
    ['an address of IPv4 and the same one inside IPv6', '10.0.0.1', '::ffff:10.0.0.1', true],
    ['two of one network of IPv6, which is one home', '2001:db8:0:1::5', '2001:db8:0:1:aaaa::9', true],
    ['two networks of IPv6', '2001:db8:0:1::5', '2001:db8:0:2::5', false],
    ['two addresses of IPv4', '10.0.0.1', '10.0.0.2', false],
    ['two of IPv4, inside IPv6', '::ffff:10.0.0.1', '::ffff:10.0.0.2', false],
  ])('%s', (_, one, other, areOne) => {
    const door = new Admission({ perAddress: 1 }, { clock: new FakeClock() })
    expect(door.enter(visit(one))!.isKnown()).toBe(true)
    expect(door.enter(visit(other, 2))?.isKnown() ?? false).toBe(!areOne)
  })

  test('a crowd from one address pushes out its own, and nobody else', () => {
    const door = new Admission({ strangers: 3 }, { clock: new FakeClock() })
    const [honest, ...crowd] = ['10.0.0.1', ...Array<string>(100).fill('10.0.0.2')].map(visit)
    const visitors = [honest!, ...crowd].map((socket) => door.enter(socket))
    expect([honest!, ...crowd].flatMap(({ destroyed }, i) => (destroyed ? [] : [i]))).toEqual([0, 99, 100])
    expect([0, 50, 100].map((i) => visitors[i]!.isKnown())).toEqual([true, false, true])
  })

  test('lets in who is known once, however often that is found out, and gives the place back', async () => {
    const door = new Admission({ perAddress: 2 }, { clock: new FakeClock() })
    const [first, second, third, fourth] = [1, 2, 3, 4].map((port) => visit('10.0.0.1', port))
    const one = door.enter(first!)!
    expect([1, 2, 3].map(() => one.isKnown())).toEqual([true, true, true])
    expect(door.enter(second!)?.isKnown()).toBe(true)
    expect(door.enter(third!)).toBe(undefined)
    first!.destroy()
    await once(first!, 'close')
    expect(one.isKnown()).toBe(true) // who has left by themselves was not turned away
    expect(door.counts).toEqual({ known: 1, strangers: 0 })
    expect(door.enter(fourth!)?.isKnown()).toBe(true)
  })

  test('finds who it is by both ends of their connection, until they have left', async () => {
    const door = new Admission({}, { clock: new FakeClock() })
    const socket = visit('10.0.0.1')
    const visitor = door.enter(socket)
    expect(door.of(socket)).toBe(visitor)
    socket.destroy()
    await once(socket, 'close')
    expect(door.of(socket)).toBe(undefined)
    expect(door.counts).toEqual(empty)
  })

  test('limits that are none', () => {
    expect(() => new Admission({ strangers: 0 })).toThrow(RangeError)
    expect(() => new Admission({ handshake: NaN })).toThrow('handshake must be 1 or more, not NaN')
  })
})

test('a client that is expired leaves no place taken', async () => {
  const at = await serve(answer)
  const raw = await rawClient(at, await client('ada', { days: -1 }))
  raw.say(request(1, 'add', {}, [1, 2]))
  await gone(raw.socket)
  await expect.poll(() => at.admission.counts).toEqual(empty)
})
