import { DisconnectedError, Peer, RpcError } from '@rpc-steps/async-await'
import type { Call, Clock, Handler } from '@rpc-steps/async-await'
import type { EndOptions, Scenarios, Stage } from '@rpc-steps/course'
import { cancels, deadlined } from '@rpc-steps/deadlines'
import { queued } from '@rpc-steps/task-queue'
import { codes } from '@rpc-steps/wire'
import { drains, Drainer, fateOf, hedged, idempotent, reconnecting, retrying } from './src/index.ts'

/** A client, and a server that cancels can reach. */
function ends(stage: Stage, handler: Handler, extensions: readonly ((peer: Peer) => void)[] = []) {
  const answers = deadlined(handler, stage.clocks.server)
  const server = stage.end('server', (stream, options: EndOptions) => {
    return new Peer(stream, { ...options, extensions: [cancels, ...extensions], handler: answers })
  })
  const client = stage.end('client', (stream, options: EndOptions) => new Peer(stream, { ...options, extensions: [cancels, drains] }))
  return { client, server }
}

/** Works for each request, and answers with the name of its call. */
const working = (stage: Stage): Handler => async ({ method }, { signal }) => {
  await stage.works(method, signal)
  return nameOf(method)
}

/** The tries of a call have names of their own: `a1`, `a2`. */
const nameOf = (method: string) => method.replace(/\d+$/, '')

/** What the tries of each call do. */
class Tries {
  readonly #made = new Map<string, number>()
  /** Tries that go on. */
  open = 0
  /** A try was made, and the one before it may have run. */
  repeated: string | undefined
  readonly #lost = new Set<string>()
  /** Those of which a try was given up. */
  readonly givenUp = new Set<string>()


  of(call: Call): Call {
    return async (name, params, options) => {
      const n = (this.#made.get(name) ?? 0) + 1
      this.#made.set(name, n)
      if (this.#lost.has(name)) this.repeated = `${name} may have run, and is tried again`
      this.open++
      try {
        return await call(`${name}${n}`, params, options)
      } catch (error) {
        if (error instanceof DisconnectedError && error.sent) this.#lost.add(name)
        if (options?.signal?.aborted) this.givenUp.add(name)
        throw error
      } finally {
        this.open--
      }
    }
  }
}

/** What has not run is answered by another server, which is always there. */
function orElsewhere(call: Call): Call {
  return (method, ...rest) => call(method, ...rest).catch((error: unknown) => {
    if (fateOf(error) === 'unsent' || fateOf(error) === 'unrun') return method
    throw error
  })
}

/** There is one connection in a scenario, so what comes after it is never tried. */
const never: Clock = { now: () => 0, after: () => () => {} }

export default [
  {
    name: 'a call that is refused once and tried again, and one that runs; a cancel, a deadline, a close',
    play(stage) {
      const refused = new RpcError(codes.unavailable, 'Not yet', { status: 'UNAVAILABLE' })
      const works = working(stage)
      const { client } = ends(stage, (request, context) => {
        if (request.method === 'a1') throw refused
        return works(request, context)
      })
      const tries = new Tries()
      stage.always('what may have run is not tried again', () => tries.repeated)
      stage.nothing('tries that go on', () => tries.open)
      const clock = stage.clocks.client
      const again = retrying(tries.of(client.call), { clock, base: 10, random: () => 0.5 })
      const signal = stage.signal('gives a up')
      stage.call('a', () => deadlined(again, 20, clock)('a', [], { signal }), { within: 20, signal })
      stage.call('b', () => again('b'))
      stage.mayClose('server')
      stage.mayCut('client')
    },
  },
  {
    name: 'a server that drains, with calls in flight',
    play(stage) {
      const drainer = new Drainer()
      const queue = queued(working(stage), { clock: stage.clocks.server })
      const { client, server } = ends(stage, queue, [drainer.extension])
      const line = reconnecting(() => Promise.resolve(client), { clock: never })
      let late: string | undefined
      stage.always('what is new goes elsewhere', () => late)
      for (const name of ['a', 'b', 'c']) {
        stage.call(name, () => {
          const before = client.stats.pending
          const answer = orElsewhere(line.call)(name)
          if (drains(client).asked && client.stats.pending > before) late = `${name} is sent to a server that drains`
          return answer
        })
      }
      stage.may('server', 'drains', () => {
        drainer.begin()
        void Promise.all([drainer.gone(Infinity), queue.drain()]).then(() => server.close())
      })
    },
  },
  {
    name: 'a key that comes twice at once, of which the first caller may go',
    play(stage) {
      // Works for whoever asks with this key, and stops when it is told to.
      const { client } = ends(stage, idempotent(async ({ method }, { signal }) => {
        await stage.works(method)
        signal.throwIfAborted()
        return method
      }, { clock: stage.clocks.server }))
      const extras = () => ({ meta: { idempotencyKey: 'k' } })
      const signal = stage.signal('gives a up')
      stage.call('a', () => client.call('pay', [5], { extras, signal }), { result: 'pay', signal })
      stage.call('b', () => client.call('pay', [5], { extras }), { result: 'pay' })
    },
  },
  {
    name: 'second tries, of which one fails, and losers that answer late',
    play(stage) {
      const works = working(stage)
      const { client } = ends(stage, async (request, context) => {
        const answer = await works(request, context)
        if (request.method === 'a1') throw new RpcError(codes.internalError, 'Internal error')
        return answer
      })
      const tries = new Tries()
      let failed = false
      const early = () => (failed && tries.givenUp.has('a') ? 'a has failed, and a try of it was given up' : undefined)
      stage.always('a failure does not beat who may do better', early)
      stage.nothing('tries that go on', () => tries.open)
      const call = hedged(tries.of(client.call), { delay: 10, idempotent: () => true, clock: stage.clocks.client })
      const watched = () => call('a').catch((error: unknown) => {
        failed = true
        throw error
      })
      stage.call('a', watched, { codes: [codes.internalError] })
      const signal = stage.signal('gives b up')
      stage.call('b', () => call('b', [], { signal }), { signal })
    },
  },
  {
    name: 'calls that wait for a connection, one of which may be given up, and a client that may close',
    play(stage) {
      const { client } = ends(stage, working(stage))
      const line = reconnecting(() => stage.happens('client', 'is connected').then(() => client), { clock: never, waits: 2 })
      const signal = stage.signal('gives a up')
      stage.call('a', () => orElsewhere(line.call)('a', [], { signal }), { signal })
      stage.call('b', () => orElsewhere(line.call)('b'))
      stage.call('c', () => orElsewhere(line.call)('c'))
      stage.may('client', 'closes', () => void line.close())
    },
  },
] satisfies Scenarios
