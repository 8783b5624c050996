import { Duplex } from 'node:stream'
import { Peer } from '@rpc-steps/async-await'
import type { Handler, Json } from '@rpc-steps/async-await'
import { FakeClock } from '@rpc-steps/session/testing'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { cancels, deadlined } from '../src/index.ts'
import { turn } from './support.ts'

type Action =
  | { do: 'call'; ms: number }
  | { do: 'give up'; which: number }
  | { do: 'end'; which: number }
  | { do: 'cancel'; which: number }
  | { do: 'pass'; ms: number }
  | { do: 'to server' | 'to client' | 'close' | 'reset' }

/** One end of a stream that lets through what was written when the test says so. */
class End extends Duplex {
  other!: End
  readonly #written: (Buffer | null)[] = []

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.#written.push(Buffer.from(chunk))
    done()
  }
  override _read(): void {}
  override _final(done: () => void): void {
    this.#written.push(null)
    done()
  }
  deliver(): void {
    for (const chunk of this.#written.splice(0)) this.other.push(chunk)
  }
}

type Outcome = 'done' | 'given up' | 'lost' | -32008 | -32800

interface Asked {
  id: number
  deadline: number
  outcome: Outcome | undefined
}

/** What there is to know of a request on the server. */
interface Taken {
  /** On the server's clock, which is not the client's. */
  deadline: number
  place: 'running' | 'answered'
}

/** The same two ends, as plainly as it can be said: lists of messages on their way, and what each does. */
class Model {
  now = 0
  asked: Asked[] = []
  /** `timeout` is that of a request; a cancel has none. */
  toServer: { id: number; timeout?: number }[] = []
  toClient: { id: number; outcome: Outcome }[] = []
  taken = new Map<number, Taken>()
  early = new Set<number>()
  begun: number[] = []
  /** The client has been told to end; it has ended, because it waits for nothing any more; all is lost. */
  closing = false
  ended = false
  over = false

  get pending(): Asked[] {
    return this.asked.filter(({ outcome }) => outcome === undefined)
  }

  get running(): number[] {
    return [...this.taken].filter(([, { place }]) => place === 'running').map(([id]) => id)
  }

  call(ms: number): void {
    // A call with no time gets no id, because it is not made; nor does one that comes too late.
    const written = ms > 0 && !this.closing
    const id = written ? 1 + Math.max(0, ...this.asked.map((call) => call.id)) : 0
    const outcome = ms === 0 ? -32008 : this.closing ? 'lost' : undefined
    this.asked.push({ id, deadline: this.now + ms, outcome })
    if (written) this.toServer.push({ id, timeout: ms })
  }

  giveUp(call: Asked, outcome: Outcome): void {
    call.outcome = outcome
    this.toServer.push({ id: call.id })
    this.endIfIdle()
  }

  /** A client that sends a cancel of its own accord. */
  cancel(id: number): void {
    if (!this.ended) this.toServer.push({ id })
  }

  answer(id: number, outcome: Outcome): void {
    if (this.taken.get(id)?.place === 'answered') return
    this.taken.set(id, { deadline: Infinity, place: 'answered' })
    this.toClient.push({ id, outcome })
  }

  pass(ms: number): void {
    this.now += ms
    for (const call of this.pending) if (call.deadline <= this.now) this.giveUp(call, -32008)
    for (const id of this.running) if (this.taken.get(id)!.deadline <= this.now) this.answer(id, -32008)
  }

  deliverToServer(): void {
    for (const { id, timeout } of this.toServer.splice(0)) {
      if (timeout !== undefined) {
        if (this.early.delete(id)) this.answer(id, -32800)
        else {
          this.begun.push(id)
          this.taken.set(id, { deadline: this.now + timeout, place: 'running' })
        }
      } else if (this.taken.has(id)) this.answer(id, -32800)
      else this.early.add(id)
    }
  }

  deliverToClient(): void {
    for (const { id, outcome } of this.toClient.splice(0)) {
      const call = this.asked.find((call) => call.id === id)!
      call.outcome ??= outcome
    }
    this.endIfIdle()
  }

  close(): void {
    this.closing = true
    this.endIfIdle()
  }

  endIfIdle(): void {
    if (this.closing && this.pending.length === 0) this.ended = true
  }

  reset(): void {
    this.closing = this.ended = this.over = true
    for (const call of this.pending) call.outcome = 'lost'
    this.taken.clear()
  }
}

const nameOf = (error: { code?: unknown; message: string }): Outcome =>
  error.code === 'ERR_DISCONNECTED' ? 'lost' : ((error.code ?? error.message) as Outcome)

async function play(script: readonly Action[], skew: number): Promise<void> {
  const model = new Model()
  const clocks = [new FakeClock(), new FakeClock(skew)] as const
  const ends = [new End(), new End()] as const
  ends[0].other = ends[1]
  ends[1].other = ends[0]
  const begun: number[] = []
  const contexts = new Map<number, AbortSignal>()
  const handlers = new Map<number, (value: Json) => void>()
  const logs: string[] = []
  const handler: Handler = ({ id }, { signal }) => {
    begun.push(id as number)
    contexts.set(id as number, signal)
    return new Promise((resolve) => handlers.set(id as number, resolve))
  }
  const log = (line: string) => logs.push(line)
  const options = { extensions: [cancels], log, grace: 60_000, linger: 60_000 }
  const client = new Peer(ends[0], options)
  const server = new Peer(ends[1], { ...options, handler: deadlined(handler, clocks[1]) })
  const outcomes: Outcome[][] = []
  const controllers: AbortController[] = []

  const step = (action: Action): void => {
    switch (action.do) {
      case 'call': {
        model.call(action.ms)
        const settled: Outcome[] = []
        outcomes.push(settled)
        const controller = new AbortController()
        controllers.push(controller)
        deadlined(client.call, action.ms, clocks[0])('x', [], { signal: controller.signal }).then(
          (value) => settled.push(value as Outcome),
          (error: Error) => settled.push(nameOf(error)),
        )
        return
      }
      case 'give up': {
        if (model.pending.length === 0) return
        const call = model.pending[action.which % model.pending.length]!
        model.giveUp(call, 'given up')
        return controllers[model.asked.indexOf(call)]!.abort(new Error('given up'))
      }
      case 'end': {
        const ids = [...handlers.keys()]
        if (ids.length === 0) return
        const id = ids[action.which % ids.length]!
        model.answer(id, 'done')
        handlers.get(id)!('done')
        return void handlers.delete(id)
      }
      case 'cancel': {
        // What was answered, what is on its way, what is running, and what has yet to come.
        const id = 1 + (action.which % 8)
        model.cancel(id)
        return void client.notify('$/cancelRequest', { id })
      }
      case 'pass':
        model.pass(action.ms)
        for (const clock of clocks) clock.pass(action.ms)
        return
      case 'to server':
        model.deliverToServer()
        return ends[0].deliver()
      case 'to client':
        model.deliverToClient()
        return ends[1].deliver()
      case 'close':
        model.close()
        return void client.close()
      case 'reset':
        model.reset()
        for (const end of ends) end.destroy()
    }
  }

  const settle: Action[] = [{ do: 'to server' }, { do: 'to client' }, { do: 'pass', ms: 1e6 }, { do: 'to server' }, { do: 'to client' }]
  for (const action of [...script, ...settle]) {
    if (model.over) break
    step(action)
    for (let i = 0; i < 3; i++) await turn()
    expect(outcomes).toEqual(model.asked.map(({ outcome }) => (outcome === undefined ? [] : [outcome])))
    expect(begun).toEqual(model.begun)
    expect(client.stats.pending).toBe(model.pending.length)
    if (model.over) break
    expect(cancels(server).size).toBe(model.running.length)
    for (const [id, signal] of contexts) {
      const ended = model.taken.get(id)!.place === 'answered'
      expect(signal.aborted && !ended, `${id} is aborted and runs`).toBe(false)
    }
    const waits = (deadlines: number[]) => deadlines.filter((deadline) => deadline < Infinity).length
    expect(clocks[0].timers).toBe(waits(model.pending.map(({ deadline }) => deadline)))
    expect(clocks[1].timers).toBe(waits(model.running.map((id) => model.taken.get(id)!.deadline)))
  }
  for (const end of ends) end.destroy()
  await Promise.all([client.closed, server.closed])
  await turn()
  expect(clocks.map(({ timers }) => timers)).toEqual([0, 0])
  expect([client, server].map((peer) => cancels(peer).size)).toEqual([0, 0])
  expect(logs).toEqual([])
}

const which = fc.nat()
const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('call' as const), ms: fc.constantFrom(0, 1, 10, 20, 50, Infinity) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('give up' as const), which }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('end' as const), which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('cancel' as const), which }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 9, 10, 30) }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constantFrom('to server' as const, 'to client' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('close' as const, 'close' as const, 'reset' as const) }) },
)

test('in every order of request, reply, cancel, time-out and close, both ends do what the plain model does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(actions, { maxLength: 40, size: 'max' }), fc.constantFrom(0, 1e9), play),
    { numRuns: Number(process.env['RUNS'] ?? 500) },
  )
})
