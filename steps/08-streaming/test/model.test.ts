import { Duplex } from 'node:stream'
import { Peer, RpcError } from '@rpc-steps/async-await'
import type { Json } from '@rpc-steps/async-await'
import { deadlined, inTime } from '@rpc-steps/deadlines'
import { FakeClock } from '@rpc-steps/session/testing'
import { queued } from '@rpc-steps/task-queue'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { stream, streamed, streams } from '../src/index.ts'
import type { StreamHandler } from '../src/index.ts'
import { turn } from './support.ts'

/** How the items of a stream end, if they do. */
type Last = 'finish' | 'fail' | undefined

type Action =
  | { do: 'ask'; window: number; ms: number }
  | { do: 'take' | 'break'; which: number }
  | { do: 'make'; which: number; items: number; last: Last }
  | { do: 'pass'; ms: number }
  | { do: 'to server' | 'to client'; writes: number }
  | { do: 'client closes' | 'server closes' | 'reset' }

/** One end of a byte stream. What is written in one action leaves together, and is let through when the test says so. */
class End extends Duplex {
  other!: End
  #written: (Buffer | null)[] = []
  readonly #sealed: (Buffer | null)[][] = []

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.#written.push(Buffer.from(chunk))
    done()
  }
  override _read(): void {}
  override _final(done: () => void): void {
    this.#written.push(null)
    done()
  }
  seal(): void {
    if (this.#written.length > 0) this.#sealed.push(this.#written)
    this.#written = []
  }
  deliver(writes: number): void {
    for (const chunk of this.#sealed.splice(0, writes).flat()) this.other.push(chunk)
  }
}

/** What a reader says: an item, the code of an error, the end. */
type Heard = number | string

/** A stream, as plainly as it can be said: counts. Its items are the numbers from 1. */
interface Stream {
  id: number
  window: number
  ms: number
  // At the server:
  place: 'on its way' | 'queued' | 'running' | 'answered'
  dueThere: number
  granted: number
  made: number
  sent: number
  last: Last
  // At the client:
  pending: boolean
  due: number
  received: number
  taken: number
  /** Taken, and not granted again. */
  ungranted: number
  waiting: number
  over: boolean
  error: Heard | undefined
  heard: Heard[]
}

type Message =
  | { id: number; say: 'request' | 'cancel' }
  | { id: number; say: 'credit' | 'items'; count: number }
  | { id: number; say: 'reply'; error: Heard | undefined }
  | { id: 0; say: 'end' }

/** What one end has said and the other has not heard, in the pieces in which it left. */
class Way {
  #saying: Message[] = []
  readonly #said: Message[][] = []
  closing = false
  ended = false

  say(message: Message): void {
    if (!this.ended) this.#saying.push(message)
  }

  end(): void {
    this.say({ id: 0, say: 'end' })
    this.closing = this.ended = true
  }

  seal(): void {
    if (this.#saying.length > 0) this.#said.push(this.#saying)
    this.#saying = []
  }

  arrive(writes: number): Message[] {
    return this.#said.splice(0, writes).flat()
  }
}

/** The same two ends: what each does with what it hears. */
class Model {
  now = 0
  readonly all: Stream[] = []
  /** From the client, and from the server. */
  readonly up = new Way()
  readonly down = new Way()
  over = false
  begun = 0

  /** At the server, and not answered. */
  get open(): Stream[] {
    return this.all.filter(({ place }) => place === 'queued' || place === 'running')
  }

  get running(): Stream[] {
    return this.all.filter(({ place }) => place === 'running')
  }

  get pending(): Stream[] {
    return this.all.filter(({ pending }) => pending)
  }

  of(id: number): Stream {
    return this.all.find((one) => one.id === id)!
  }

  // #region client
  ask(window: number, ms: number): void {
    const refused = this.up.closing
    const id = refused ? 0 : 1 + Math.max(0, ...this.all.map(({ id }) => id))
    this.all.push({
      id, window, ms,
      place: 'on its way', dueThere: Infinity, granted: window, made: 0, sent: 0, last: undefined,
      pending: !refused, due: this.now + ms, received: 0, taken: 0, ungranted: 0, waiting: 0,
      over: refused, error: refused ? 'ERR_DISCONNECTED' : undefined, heard: [],
    })
    if (!refused) this.up.say({ id, say: 'request' })
  }

  take(one: Stream): void {
    if (one.received > one.taken) this.#taken(one)
    else if (!one.over) one.waiting++
    else {
      one.heard.push(one.error ?? 'end')
      one.error = undefined
    }
  }

  #taken(one: Stream): void {
    one.heard.push(++one.taken)
    if (++one.ungranted < one.window / 2 || one.over) return
    this.up.say({ id: one.id, say: 'credit', count: one.ungranted })
    one.ungranted = 0
  }

  #end(one: Stream, error?: Heard): void {
    if (one.over) return
    one.over = true
    one.error = error
    for (let waiting = one.waiting; waiting > 0; waiting--) this.take(one)
    one.waiting = 0
  }

  /** It is no longer wanted, so what has come is nothing. */
  giveUp(one: Stream, error?: Heard): void {
    if (one.pending) this.up.say({ id: one.id, say: 'cancel' })
    one.pending = false
    one.received = one.taken
    this.#end(one, error)
    this.#endIfIdle()
  }

  lose(): void {
    for (const one of this.pending) {
      one.pending = false
      this.#end(one, 'ERR_DISCONNECTED')
    }
  }

  deliverToClient(writes: number): void {
    const later: (() => void)[] = []
    for (const message of this.down.arrive(writes)) {
      if (message.say === 'end') {
        later.push(() => this.lose())
        this.up.closing = true
        continue
      }
      const one = this.of(message.id)
      if (!one.pending) continue
      if (message.say === 'items') {
        for (let n = 0; n < message.count; n++) {
          one.received++
          if (one.waiting === 0) continue
          one.waiting--
          this.#taken(one)
        }
      } else if (message.say === 'reply') {
        one.pending = false
        later.push(() => this.#end(one, message.error))
      }
    }
    // A promise that is settled tells so when all that has come is read.
    for (const job of later) job()
    this.#endIfIdle()
  }

  #endIfIdle(): void {
    if (this.up.closing && this.pending.length === 0) this.up.end()
    if (this.down.closing && this.open.length === 0) this.down.end()
  }
  // #endregion

  // #region server
  #answer(one: Stream, error?: Heard): void {
    one.place = 'answered'
    this.down.say({ id: one.id, say: 'reply', error })
    this.#endIfIdle()
  }

  deliverToServer(writes: number): void {
    // A place is given back when its handler has ended, which takes until all that has come is read.
    let busy = this.running.length
    for (const message of this.up.arrive(writes)) {
      if (message.say === 'end') this.down.closing = true
      if (message.say === 'end' || this.down.ended) continue
      const one = this.of(message.id)
      if (message.say === 'request') {
        if (this.down.closing) this.#answer(one, -32014)
        else {
          one.dueThere = this.now + one.ms
          one.place = 'queued'
          if (busy < workers) this.#begin(one)
          busy++
        }
      } else if (one.place === 'answered') continue
      else if (message.say === 'credit') one.granted += message.count
      else this.#answer(one, -32800)
    }
    this.#endIfIdle()
    this.work()
  }

  /** A worker for who is next; whatever is made and granted leaves, then the end. */
  work(): void {
    for (let before = -1; before !== this.begun; ) {
      before = this.begun
      for (const one of this.running) this.#write(one)
      for (const one of this.open) {
        if (one.place === 'queued' && this.running.length < workers) this.#begin(one)
      }
    }
  }

  #begin(one: Stream): void {
    one.place = 'running'
    this.begun++
  }

  #write(one: Stream): void {
    const count = Math.min(one.made, one.granted) - one.sent
    one.sent += count
    if (count > 0) this.down.say({ id: one.id, say: 'items', count })
    if (one.last && one.sent === one.made) this.#answer(one, one.last === 'fail' ? -7 : undefined)
  }
  // #endregion

  pass(ms: number): void {
    this.now += ms
    for (const one of this.pending) if (one.due <= this.now) this.giveUp(one, -32008)
    for (const one of this.open) if (one.dueThere <= this.now) this.#answer(one, -32008)
    this.work()
  }

  close(way: Way): void {
    way.closing = true
    this.#endIfIdle()
  }

  reset(): void {
    this.over = true
    this.lose()
  }
}

/** Where the items of a handler come from. */
class Source {
  #made = 0
  #last: Last
  #wake = () => {}

  make(items: number, last: Last): void {
    this.#made += items
    this.#last ??= last
    this.#wake()
  }

  async *items(signal: AbortSignal): AsyncGenerator<number> {
    const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    aborted.catch(() => {})
    for (let n = 0; ; ) {
      if (n < this.#made) yield ++n
      else if (this.#last === 'finish') return
      else if (this.#last === 'fail') throw new RpcError(-7, 'spilled')
      else await Promise.race([aborted, new Promise<void>((resolve) => (this.#wake = resolve))])
    }
  }
}

/** Who else is streamed to waits in the queue. */
const workers = 2

async function play(script: readonly Action[]): Promise<void> {
  const model = new Model()
  const clocks = [new FakeClock(), new FakeClock()] as const
  const ends = [new End(), new End()] as const
  ends[0].other = ends[1]
  ends[1].other = ends[0]
  const logs: string[] = []
  const options = { extensions: [streams], log: (line: string) => void logs.push(line), grace: 60_000, linger: 60_000 }
  const sources = new Map<number, Source>()
  let [begun, ended] = [0, 0]
  const handler: StreamHandler = async function* ({ id }, { signal }) {
    begun++
    const source = new Source()
    sources.set(id as number, source)
    try {
      yield* source.items(signal)
    } finally {
      ended++
    }
  }
  const queue = queued(inTime(streamed(handler)), { workers })
  const client = new Peer(ends[0], options)
  const server = new Peer(ends[1], { ...options, handler: deadlined(queue, clocks[1]) })
  const readers: AsyncIterator<Json, unknown>[] = []
  const heard: Heard[][] = []

  const take = (i: number): void => {
    readers[i]!.next().then(
      ({ value, done }) => heard[i]!.push(done ? 'end' : (value as number)),
      ({ code }: { code: Heard }) => heard[i]!.push(code),
    )
  }
  const one = <T>(of: readonly T[], which: number): T | undefined => of[which % of.length]

  const step = (action: Action): void => {
    switch (action.do) {
      case 'ask': {
        model.ask(action.window, action.ms)
        heard.push([])
        const { window: credit, ms } = action
        readers.push(stream(deadlined(client.call, ms, clocks[0]), 'x', undefined, { credit })[Symbol.asyncIterator]())
        return
      }
      case 'take':
      case 'break': {
        const asked = one(model.all, action.which)
        if (!asked) return
        const i = model.all.indexOf(asked)
        if (action.do === 'take') {
          model.take(asked)
          return take(i)
        }
        model.giveUp(asked)
        return void readers[i]!.return!()
      }
      case 'make': {
        const makes = one(model.running.filter(({ last }) => !last), action.which)
        if (!makes) return
        makes.made += action.items
        makes.last = action.last
        model.work()
        return sources.get(makes.id)!.make(action.items, action.last)
      }
      case 'pass':
        model.pass(action.ms)
        for (const clock of clocks) clock.pass(action.ms)
        return
      case 'to server':
        model.deliverToServer(action.writes)
        return ends[0].deliver(action.writes)
      case 'to client':
        model.deliverToClient(action.writes)
        return ends[1].deliver(action.writes)
      case 'client closes':
        model.close(model.up)
        return void client.close()
      case 'server closes':
        model.close(model.down)
        return void server.close()
      case 'reset':
        model.reset()
        for (const end of ends) end.destroy()
    }
  }

  const settle: Action[] = [
    { do: 'to server', writes: 1e3 }, { do: 'to client', writes: 1e3 }, { do: 'pass', ms: 1e6 },
    { do: 'to server', writes: 1e3 }, { do: 'to client', writes: 1e3 },
  ]
  for (const action of [...script, ...settle]) {
    step(action)
    for (let i = 0; i < 3; i++) await turn()
    for (const side of [...ends, model.up, model.down]) side.seal()
    expect(heard).toEqual(model.all.map(({ heard }) => heard))
    if (model.over) break
    expect(streams(client).calls.size).toBe(model.pending.length)
    expect(streams(server).requests.size).toBe(model.open.length)
    expect(server.stats.handling).toBe(model.open.length)
    expect([begun, ended]).toEqual([model.begun, model.begun - model.running.length])
    expect(queue.places).toMatchObject({ running: model.running.length, queued: model.open.length - model.running.length })
    const timed = (dues: number[]) => dues.filter((due) => due < Infinity).length
    expect(clocks[0].timers).toBe(timed(model.pending.map(({ due }) => due)))
    expect(clocks[1].timers).toBe(timed(model.open.map(({ dueThere }) => dueThere)))
  }
  for (const end of ends) end.destroy()
  await Promise.all([client.closed, server.closed])
  model.lose()
  await turn()
  // What has come can still be taken, then the end, once with its error; and nothing follows.
  for (const [i, stream] of model.all.entries()) {
    for (let left = stream.received - stream.taken + 2; left > 0; left--) {
      model.take(stream)
      take(i)
    }
  }
  await turn()
  expect(heard).toEqual(model.all.map(({ heard }) => heard))
  expect(ended).toBe(begun)
  expect([client, server].map((peer) => streams(peer).calls.size + streams(peer).requests.size)).toEqual([0, 0])
  expect(clocks.map(({ timers }) => timers)).toEqual([0, 0])
  expect(logs).toEqual([])
}

const which = fc.nat()
const last = fc.constantFrom<Last[]>(undefined, undefined, undefined, undefined, 'finish', 'finish', 'fail')
const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('ask' as const), window: fc.constantFrom(1, 2, 3, 8), ms: fc.constantFrom(20, 50, Infinity, Infinity) }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('take' as const), which }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('make' as const), which, items: fc.constantFrom(0, 1, 2, 5), last }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('break' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 9, 30) }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constantFrom('to server' as const, 'to client' as const), writes: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('client closes' as const, 'server closes' as const, 'reset' as const) }) },
)

test('in every order of request, items, credit, end, error, break, time-out and close, queued or not, both ends do what the plain model does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(actions, { maxLength: 50, size: 'max' }), play),
    { numRuns: Number(process.env['RUNS'] ?? 300) },
  )
})
