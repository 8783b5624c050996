import { Duplex } from 'node:stream'
import { answer, connect, Peer } from '@rpc-steps/async-await'
import type { Handler, Json } from '@rpc-steps/async-await'
import { cancels, deadlined } from '@rpc-steps/deadlines'
import { FakeClock } from '@rpc-steps/session/testing'
import { queued } from '@rpc-steps/task-queue'
import * as fc from 'fast-check'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { balanced, breaking, drains, Drainer, hedged, reconnecting, retrying, roundRobin } from '../src/index.ts'
import type { ReconnectOptions , Reconnecting} from '../src/index.ts'
import { accepting, dialer, kill, listeners, outcome, raw, served, turn } from './support.ts'
import type { Raw } from './support.ts'

/** Connections that the test makes, fails and ends; the other end of each answers. */
function staged(options: ReconnectOptions = {}, handler: Handler = answer) {
  const clock = new FakeClock()
  const attempts: { signal: AbortSignal; succeed(): { here: Peer; there: Peer }; fail(error: Error): void }[] = []
  const line = reconnecting(
    (signal) =>
      new Promise<Peer>((resolve, reject) =>
        attempts.push({
          signal,
          succeed() {
            const [here, there] = pair(handler)
            resolve(here)
            return { here, there }
          },
          fail: reject,
        }),
      ),
    { clock, base: 100, cap: 400, random: () => 0.5, ...options },
  )
  return { clock, attempts, line }
}

function pair(handler: Handler): [Peer, Peer] {
  const ends: Duplex[] = [0, 1].map(
    (i) =>
      new Duplex({
        read() {},
        write: (chunk, _, done) => (ends[1 - i]!.push(chunk), done()),
        final: (done) => (ends[1 - i]!.push(null), done()),
        destroy: (error, done) => (queueMicrotask(() => ends[1 - i]!.destroy()), done(error)),
      }),
  )
  return [new Peer(ends[0]!, { extensions: [drains] }), new Peer(ends[1]!, { handler, log: () => {} })]
}

const opened = (line: Reconnecting) => {
  onTestFinished(() => line.close())
  return line
}

describe('attempts', () => {
  it('come later and later while they fail, and no more than one at a time', async () => {
    const { clock, attempts, line } = staged()
    const waits: number[] = []
    for (let i = 0; i < 5; i++) {
      attempts[i]!.fail(new Error('refused'))
      await turn()
      expect([line.state, clock.timers]).toEqual(['waiting', 1])
      let ms = 0
      for (; attempts.length === i + 1; ms += 50) clock.pass(50)
      waits.push(ms)
      expect(line.state).toBe('connecting')
    }
    expect(waits).toEqual([50, 100, 200, 200, 200])
  })

  it('a server that accepts and falls over has proved nothing: the waits grow all the same', async () => {
    const { clock, attempts, line } = staged()
    const waits: number[] = []
    for (let i = 0; i < 4; i++) {
      const { there } = attempts[i]!.succeed()
      await turn()
      expect(line.state).toBe('connected')
      there.destroy()
      await turn()
      await turn()
      let ms = 0
      for (; attempts.length === i + 1; ms += 50) clock.pass(50)
      waits.push(ms)
    }
    expect(waits).toEqual([50, 100, 200, 200])
  })

  it.each([
    ['an answer', async (line: Reconnecting) => void (await line.call('add', [1, 2]))],
    ['an answer that is an error', async (line: Reconnecting) => void (await outcome(line.call('nope')))],
    ['time', async (_: Reconnecting, clock: FakeClock) => clock.pass(5_000)],
  ])('%s proves a connection, and the failures before it are forgotten', async (_, prove) => {
    const { clock, attempts, line } = staged()
    for (let i = 0; i < 3; i++) {
      attempts[i]!.fail(new Error('refused'))
      await turn()
      clock.pass(400)
    }
    const { there } = attempts[3]!.succeed()
    await turn()
    await prove(line, clock)
    there.destroy()
    await expect.poll(() => line.state).toBe('waiting')
    clock.pass(50)
    expect(attempts.length).toBe(5)
  })

  it('one that takes too long is ended; if it succeeds after all, its connection is not kept', async () => {
    const { clock, attempts, line } = staged({ attemptMs: 1000 })
    clock.pass(1000)
    expect([line.state, attempts[0]!.signal.aborted]).toEqual(['waiting', true])
    const { here } = attempts[0]!.succeed()
    await here.closed
    expect(line.state).toBe('waiting')
    expect(await outcome(line.call('add', [1, 2]))).toBe('ERR_DISCONNECTED')
  })

  it('what connect throws is a failure like others', async () => {
    const clock = new FakeClock()
    const line = reconnecting(() => { throw new Error('no such name') }, { clock })
    await turn()
    expect(line.state).toBe('waiting')
    const error = await line.call('x').catch((error: unknown) => error)
    expect(error).toMatchObject({ sent: false, cause: { message: 'no such name' } })
    await line.close()
    expect([line.state, clock.timers]).toEqual(['closed', 0])
  })
})

describe('calls while there is no connection', () => {
  it('fail at once, as never sent', async () => {
    const { attempts, line } = staged({ name: 'here:1' })
    attempts[0]!.fail(new Error('refused'))
    await turn()
    const error = await line.call('x').catch((error: unknown) => error)
    expect(error).toMatchObject({ sent: false, message: 'no connection to here:1; it is tried again', cause: { message: 'refused' } })
  })

  it('or wait, so many of them and so long, and leave in their order', async () => {
    const { clock, attempts, line } = staged({ waits: 3, waitMs: 500 })
    const calls = [1, 2, 3].map((n) => outcome(line.call('add', [n, 0])))
    expect(await outcome(line.call('add', [4, 0]))).toBe('ERR_DISCONNECTED')
    attempts[0]!.succeed()
    expect(await Promise.all(calls)).toEqual([1, 2, 3])
    expect(clock.timers).toBe(0)
  })

  it('one that has waited long enough fails as never sent, and leaves nothing behind', async () => {
    const { clock, line } = staged({ waits: 3, waitMs: 500 })
    const came = outcome(line.call('x'))
    clock.pass(500)
    expect(await came).toBe('ERR_DISCONNECTED')
    expect(clock.timers).toBe(1) // of the attempt
  })

  it('one that is given up is gone: it is never sent', async () => {
    const begun: string[] = []
    const { clock, attempts, line } = staged({ waits: 9 }, ({ method }) => void begun.push(method))
    const controller = new AbortController()
    const came = outcome(line.call('gone', undefined, { signal: controller.signal }))
    const other = line.call('stays')
    controller.abort(new Error('enough'))
    expect(await came).toBe('enough')
    attempts[0]!.succeed()
    await other
    expect([begun, listeners(controller.signal), clock.timers]).toEqual([['stays'], 0, 0])
    expect(await outcome(line.call('x', undefined, { signal: controller.signal }))).toBe('enough')
  })

  it('10,000 of them with one signal have one listener, and then none', async () => {
    const { attempts, clock, line } = staged({ waits: 10_000, waitMs: 500 })
    const { signal } = new AbortController()
    const calls = Array.from({ length: 10_000 }, (_, n) => line.call('add', [n, 0], { signal }))
    expect(listeners(signal)).toBe(1)
    attempts[0]!.succeed()
    expect((await Promise.all(calls)).at(-1)).toBe(9_999)
    expect([listeners(signal), clock.timers]).toEqual([0, 0])
  })

  it('a close ends the waiting, the attempt and the timers', async () => {
    const { clock, attempts, line } = staged({ waits: 9 })
    const came = outcome(line.call('x'))
    const connected = outcome(line.connected())
    await line.close()
    expect([await came, await connected, clock.timers, attempts[0]!.signal.aborted]).toEqual(['ERR_DISCONNECTED', 'ERR_DISCONNECTED', 0, true])
    const { here } = attempts[0]!.succeed()
    await here.closed
    expect([line.state, await outcome(line.call('x'))]).toEqual(['closed', 'ERR_DISCONNECTED'])
    await line.close()
  })
})

describe('drain', () => {
  it('what is new goes to a new connection, and what is in flight is finished on the old one', async () => {
    const ends: ((value: Json) => void)[] = []
    const { clock, attempts, line } = staged({}, () => new Promise((end) => ends.push(end)))
    const states: string[] = []
    line.onState((state) => states.push(state))
    const { here, there } = attempts[0]!.succeed()
    await turn()
    const old = line.call('old')
    await expect.poll(() => ends.length).toBe(1)
    void there.notify('$/drain')
    await expect.poll(() => line.state).toBe('waiting')
    clock.pass(50)
    const next = attempts[1]!.succeed()
    await turn()
    const fresh = line.call('new')
    await expect.poll(() => next.there.stats.handling).toBe(1)
    expect([there.stats.handling, here.state]).toEqual([1, 'open'])
    ends[0]!('old')
    ends[1]!('new')
    expect([await old, await fresh]).toEqual(['old', 'new'])
    await here.closed
    expect(states).toEqual(['connected', 'waiting', 'connecting', 'connected'])
  })

  it('that comes before the connection is taken up: it is not used', async () => {
    const { attempts, line, clock } = staged()
    const { here, there } = attempts[0]!.succeed()
    drains(here).ask()
    await turn()
    expect(line.state).toBe('waiting')
    await Promise.all([here.closed, there.closed])
    clock.pass(50)
    attempts[1]!.succeed()
    await turn()
    expect(await line.call('add', [1, 2])).toBe(3)
  })

  it('a server that drains tells who is there, and who comes while it does, as the first thing', async () => {
    const drainer = new Drainer()
    const server = await served(answer, { extensions: [drainer.extension] })
    const heard: string[] = []
    const hear = (name: string) => (peer: Peer) => drains(peer).onAsked(() => heard.push(name))
    const first = await connect(server, { extensions: [hear('first')] })
    await first.call('add', [1, 2])
    drainer.begin()
    await expect.poll(() => heard).toEqual(['first'])
    const second = await connect(server, { extensions: [hear('second')] })
    await outcome(second.call('add', [1, 2]).then(() => heard.push('an answer')))
    expect(heard).toEqual(['first', 'second', 'an answer'])
    await Promise.all([first.close(), second.close()])
  })

  it.each(['newline', 'content-length'] as const)('whoever speaks %s hears it so, once, whether they spoke before or have yet to speak', async (framing) => {
    const drainer = new Drainer()
    const server = await served(answer, { extensions: [drainer.extension], framing: 'auto' })
    const clients = await Promise.all(['spoke', 'silent', 'late'].map(() => raw(server, framing)))
    const [spoke, silent, late] = clients
    const asks = (client: Raw) => client.say({ jsonrpc: '2.0', id: 1, method: 'add', params: [1, 2] })
    const [drain, three] = [{ jsonrpc: '2.0', method: '$/drain' }, { jsonrpc: '2.0', result: 3, id: 1 }]
    asks(spoke!)
    await expect.poll(spoke!.heard).toEqual([three])
    await expect.poll(() => server.peers.size).toBe(3)
    drainer.begin()
    await expect.poll(spoke!.heard).toEqual([three, drain])
    asks(silent!)
    await expect.poll(silent!.heard).toEqual([drain, three])
    asks(late!)
    asks(silent!)
    await expect.poll(late!.heard).toEqual([drain, three])
    await expect.poll(silent!.heard).toEqual([drain, three, three])
    const newcomer = await raw(server, framing)
    asks(newcomer)
    await expect.poll(newcomer.heard).toEqual([drain, three])
  })

  it('who has said nothing hears nothing but the end', async () => {
    const drainer = new Drainer()
    const server = await served(answer, { extensions: [drainer.extension], framing: 'auto' })
    const client = await raw(server, 'newline')
    await expect.poll(() => server.peers.size).toBe(1)
    drainer.begin()
    await server.close()
    await client.ended
    expect(client.bytes()).toBe('')
  })

  it('the server stays until they have gone: what they sent before they heard of it is answered', async () => {
    const drainer = new Drainer()
    const queue = queued(answer)
    const server = await served(queue, { extensions: [drainer.extension] })
    const peers = await Promise.all([connect(server), connect(server)])
    await Promise.all(peers.map((peer) => peer.call('add', [1, 2])))
    drainer.begin()
    let ended = false
    const ending = Promise.all([drainer.gone(60_000), queue.drain()]).then(() => (ended = true))
    expect(await Promise.all(peers.map((peer) => outcome(peer.call('add', [1, 2]))))).toEqual([-32014, -32014])
    await peers[0].close()
    expect([ended, await outcome(peers[1].call('add', [1, 2]))]).toEqual([false, -32014])
    await peers[1].close()
    await ending
  })

  it('it does not wait for ever for those who do not go', async () => {
    const clock = new FakeClock()
    const drainer = new Drainer()
    const server = await served(answer, { extensions: [drainer.extension] })
    const peer = await connect(server)
    await peer.call('add', [1, 2])
    const gone = drainer.gone(1_000, clock)
    clock.pass(1_000)
    await gone
    await peer.close()
    await drainer.gone(1_000, clock)
    expect(clock.timers).toBe(0)
  })
})

describe('over sockets', () => {
  it('a server that is gone and back: calls fail until then, and then they do not', async () => {
    const server = await served()
    const line = opened(reconnecting(dialer(server), { base: 10, cap: 50 }))
    await line.connected()
    expect(await line.call('add', [1, 2])).toBe(3)
    await kill(server)
    await expect.poll(() => line.up).toBe(false)
    expect(await outcome(line.call('add', [1, 2]))).toBe('ERR_DISCONNECTED')
    await served(answer, {}, server.port)
    await line.connected()
    expect(await line.call('add', [1, 2])).toBe(3)
  })

  it('both servers die at once, with a thousand calls in flight: each has one outcome, and when they are back all goes on', async () => {
    const servers = [await served(), await served()]
    const lines = servers.map((server) => opened(reconnecting(dialer(server), { base: 10, cap: 50 })))
    await Promise.all(lines.map((line) => line.connected()))
    const spread = balanced(lines.map((line, i) => ({ name: String(i), call: line.call, get up() { return line.up } })))
    let ends = 0
    const calls = Array.from({ length: 1000 }, () => outcome(spread('sleep', [60_000])).finally(() => ends++))
    await expect.poll(() => servers.reduce((sum, { peers }) => sum + [...peers][0]!.stats.handling, 0)).toBe(1000)
    await Promise.all(servers.map(kill))
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['ERR_DISCONNECTED']))
    expect(ends).toBe(1000)
    expect(spread.backends.map(({ inFlight }) => inFlight)).toEqual([0, 0])
    for (const { port } of servers) await served(answer, {}, port)
    await Promise.all(lines.map((line) => line.connected()))
    expect(await spread('add', [1, 2])).toBe(3)
  })

  it('a server that accepts and never answers: deadlines end the calls, and the others are asked', async () => {
    const silent = await accepting(() => {})
    const good = await served()
    const lines = [silent, good].map((at) => opened(reconnecting(dialer(at))))
    await Promise.all(lines.map((line) => line.connected()))
    const spread = balanced(lines, { picker: roundRobin(), failures: 3 })
    const calls = Array.from({ length: 6 }, () => outcome(deadlined(spread, 100)('add', [1, 2])))
    expect((await Promise.all(calls)).sort()).toEqual([-32008, -32008, -32008, 3, 3, 3])
    expect(spread.backends.map(({ ejected }) => ejected)).toEqual([true, false])
    expect(await deadlined(spread, 5000)('add', [1, 2])).toBe(3)
    silent.sockets[0]!.destroy()
  })

  it('a server that accepts and closes at once is asked less and less often', async () => {
    let attempts = 0
    const flapping = await accepting((socket) => (attempts++, void socket.destroy()))
    const clock = new FakeClock()
    const line = opened(reconnecting(dialer(flapping), { clock, base: 100, cap: 100_000, random: () => 1 }))
    for (let i = 1; i < 8; i++) {
      await expect.poll(() => [attempts, line.state]).toEqual([i, 'waiting'])
      clock.pass(100 * 2 ** (i - 1) - 1)
      expect(line.state).toBe('waiting')
      clock.pass(1)
    }
  })

  it('a thousand calls that have waited: no more of them than the window are on their way at once', async () => {
    let [most, running] = [0, 0]
    const server = await served(async (_, context) => {
      most = Math.max(most, ++running)
      await context.sleep(1)
      running--
    })
    const line = opened(reconnecting(dialer(server, { window: 16 }), { waits: 1000, waitMs: 60_000 }))
    const calls = Array.from({ length: 1000 }, () => line.call('x'))
    await Promise.all(calls)
    expect(most).toBe(16)
  })

  it('the loser of a hedge is cancelled at its server; what it answers all the same is nothing', async () => {
    const heard: string[] = []
    const slow = await served(
      (_, context) =>
        new Promise((resolve) =>
          context.signal.addEventListener('abort', () => {
            heard.push('cancelled')
            setImmediate(() => resolve('late'))
          }),
        ),
      { extensions: [cancels] },
    )
    const quick = await served(() => 'quick')
    const lines = [slow, quick].map((at) => opened(reconnecting(dialer(at, { extensions: [drains, cancels] }))))
    await Promise.all(lines.map((line) => line.connected()))
    const call = hedged(balanced(lines, { picker: roundRobin() }), { delay: 20, idempotent: () => true })
    expect(await call('x')).toBe('quick')
    await expect.poll(() => heard).toEqual(['cancelled'])
    const [peer] = slow.peers
    await expect.poll(() => peer!.stats).toMatchObject({ handling: 0, requests: 0 })
  })

  it('a retry in which the server comes back, through all filters at once', async () => {
    const server = await served()
    const line = opened(reconnecting(dialer(server), { base: 5, cap: 20 }))
    await line.connected()
    const all = deadlined(retrying(breaking(balanced([line])), { base: 20, tries: 20 }), 20_000)
    expect(await all('add', [1, 2])).toBe(3)
    await kill(server)
    await expect.poll(() => line.up).toBe(false)
    const came = all('add', [3, 4])
    await served(answer, {}, server.port)
    expect(await came).toBe(7)
  })
})

type Action = { do: 'call' | 'give up' | 'answer'; which: number } | { do: 'succeed' | 'fail' | 'lose' | 'drain' | 'close' } | { do: 'pass'; ms: number }

test('in every order of attempts, calls, losses, drains, cancels, time and a close: one attempt at a time, one outcome each, and nothing is left', async () => {
  const which = fc.nat()
  const actions: fc.Arbitrary<Action> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('call' as const, 'call' as const, 'answer' as const, 'answer' as const, 'give up' as const), which }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('succeed' as const, 'succeed' as const, 'succeed' as const, 'fail' as const, 'lose' as const, 'drain' as const) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(50, 200, 1000, 5000) }) },
    { weight: 1, arbitrary: fc.constant<Action>({ do: 'close' }) },
  )
  const play = async (script: Action[]) => {
    const running: ((value: Json) => void)[] = []
    const { clock, attempts, line } = staged({ waits: 2, waitMs: 300, attemptMs: 1000 }, () => new Promise((end) => running.push(end)))
    const pairs: { here: Peer; there: Peer }[] = []
    const calls: { ends: number; controller: AbortController }[] = []
    const settled = new Set<unknown>()
    let taken = 0
    let closing: Promise<void> | undefined
    for (const action of script) {
      if (action.do === 'call') {
        const call = { ends: 0, controller: new AbortController() }
        calls.push(call)
        void outcome(line.call('x', undefined, { signal: call.controller.signal })).then(() => call.ends++)
      } else if (action.do === 'give up') calls[action.which % calls.length]?.controller.abort(new Error('enough'))
      else if (action.do === 'answer') running.splice(action.which % (running.length || 1), 1)[0]?.('done')
      else if (action.do === 'pass') clock.pass(action.ms)
      else if (action.do === 'close') closing ??= line.close()
      else if (action.do === 'lose') pairs.at(-1)?.there.destroy()
      else if (action.do === 'drain') void pairs.at(-1)?.there.notify('$/drain')
      else if (taken < attempts.length) {
        // Of the last attempt: one before it may have been given up for taking too long.
        taken = attempts.length
        settled.add(attempts.at(-1)!)
        if (action.do === 'succeed') pairs.push(attempts.at(-1)!.succeed())
        else attempts.at(-1)!.fail(new Error('refused'))
      }
      for (let i = 0; i < 4; i++) await turn()
      const open = attempts.filter((one) => !one.signal.aborted && !settled.has(one)).length
      expect(open).toBe(line.state === 'connecting' ? 1 : 0)
      if (closing) expect(line.state).toBe('closed')
      // An attempt or the wait for one has a timer, and so has each call that waits.
      const own = line.state === 'connecting' || line.state === 'waiting' ? 1 : 0
      expect([own, own + 1, own + 2].slice(0, line.up || closing ? 1 : 3)).toContain(clock.timers)
      for (const call of calls) expect(call.ends).toBeLessThanOrEqual(1)
    }
    closing ??= line.close()
    for (const end of running.splice(0)) end('done')
    for (const { there } of pairs) void there.close()
    for (const end of running.splice(0)) end('done')
    await closing
    for (const { here } of pairs) here.destroy()
    for (let i = 0; i < 4; i++) await turn()
    expect(calls.map(({ ends }) => ends)).toEqual(calls.map(() => 1))
    expect(calls.map(({ controller }) => listeners(controller.signal))).toEqual(calls.map(() => 0))
    expect(clock.timers).toBe(0)
  }
  await fc.assert(
    fc.asyncProperty(fc.array(actions, { maxLength: 40, size: 'max' }), play),
    { numRuns: Number(process.env['RUNS'] ?? 100) },
  )
})
