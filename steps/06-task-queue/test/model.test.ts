import { Context, RpcError } from '@rpc-steps/async-await'
import type { Answer, Handler, Json } from '@rpc-steps/async-await'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { orders, queued } from '../src/index.ts'
import type { Order } from '../src/index.ts'
import { connection, FakeClock, request, turn } from './support.ts'

/** What a handler does when it is begun, or when it is told to end. */
type Kind = 'at once' | 'throws' | 'later' | 'twice'
type Action =
  | { do: 'ask'; from: number; priority: number; kind: Kind }
  | { do: 'end'; which: number; well: boolean }
  | { do: 'leave'; which: number }
  | { do: 'pass'; ms: number }
  | { do: 'drain' }

interface Asked {
  id: number
  from: number
  priority: number
  kind: Kind
  since: number
}

const aging = 10

/** The same queue, as plainly as it can be said: arrays, and a look at all of them each time. */
class Model {
  waiting: Asked[] = []
  running: Asked[] = []
  begun: number[] = []
  accepted = 0
  outcomes = new Map<number, string>()
  round: number[] = []
  draining = false
  now = 0
  readonly #order: Order
  readonly #workers: number
  readonly #capacity: number

  constructor(order: Order, workers: number, capacity: number) {
    this.#order = order
    this.#workers = workers
    this.#capacity = capacity
  }

  ask(asked: Asked): void {
    if (this.draining) return void this.outcomes.set(asked.id, '-32014')
    if (this.running.length < this.#workers) {
      this.accepted++
      return this.#begin(asked)
    }
    if (this.waiting.length >= this.#capacity) {
      const out = this.#order === 'fair' ? this.#whoMakesRoomFor(asked.from) : undefined
      this.outcomes.set((out ?? asked).id, '-32029')
      if (!out) return
      this.#take(out)
    }
    this.accepted++
    this.waiting.push(asked)
    if (!this.round.includes(asked.from)) this.round.push(asked.from)
  }

  end(asked: Asked, well: boolean): void {
    this.running = this.running.filter((other) => other !== asked)
    this.outcomes.set(asked.id, well ? 'done' : 'failed')
    this.#goOn()
  }

  leave(asked: Asked): void {
    if (!this.waiting.includes(asked)) return
    this.#take(asked)
    this.outcomes.set(asked.id, 'gone')
  }

  #count(from: number): number {
    return this.waiting.filter((asked) => asked.from === from).length
  }

  #whoMakesRoomFor(from: number): Asked | undefined {
    const most = Math.max(0, ...this.round.map((other) => this.#count(other)))
    const greedy = this.round.find((other) => this.#count(other) === most)
    if (most < this.#count(from) + 2) return undefined
    return this.waiting.findLast((asked) => asked.from === greedy)
  }

  #take(asked: Asked): void {
    this.waiting = this.waiting.filter((other) => other !== asked)
    if (this.#count(asked.from) === 0) this.round = this.round.filter((from) => from !== asked.from)
  }

  #next(): Asked | undefined {
    if (this.#order === 'fifo') return this.waiting[0]
    if (this.#order === 'fair') return this.waiting.find(({ from }) => from === this.round[0])
    const urgency = ({ priority, since }: Asked) => priority + (this.now - since) / aging
    // Equally urgent: whom it was given goes before who has earned it by waiting.
    return this.waiting.toSorted((a, b) => urgency(b) - urgency(a) || b.priority - a.priority)[0]
  }

  #goOn(): void {
    while (this.running.length < this.#workers) {
      const next = this.#next()
      if (!next) return
      this.#take(next)
      if (this.#order === 'fair' && this.#count(next.from) > 0) {
        this.round = [...this.round.filter((from) => from !== next.from), next.from]
      }
      this.#begin(next)
    }
  }

  #begin(asked: Asked): void {
    this.begun.push(asked.id)
    if (asked.kind === 'at once') this.outcomes.set(asked.id, 'done')
    else if (asked.kind === 'throws') this.outcomes.set(asked.id, 'failed')
    else this.running.push(asked)
  }
}

const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      from: fc.nat(3),
      priority: fc.nat(9),
      kind: fc.constantFrom<Kind[]>('at once', 'throws', 'later', 'later', 'twice'),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('end' as const), which: fc.nat(), well: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drain' as const) }) },
)

async function play(order: Order, workers: number, capacity: number, script: readonly Action[]): Promise<void> {
  const model = new Model(order, workers, capacity)
  const clock = new FakeClock()
  const peers = Array.from({ length: 4 }, connection)
  const begun: number[] = []
  const outcomes = new Map<number, string>()
  const contexts = new Map<number, Context>()
  const ends = new Map<number, (well: boolean) => void>()
  let drained = false

  const handler: Handler = ({ id, params }) => {
    begun.push(id as number)
    const [kind] = params as [Kind]
    if (kind === 'at once') return null
    if (kind === 'throws') throw new Error('failed')
    const promise = new Promise<Json>((resolve, reject) => {
      ends.set(id as number, (well) => (well ? resolve(null) : reject(new Error('failed'))))
    })
    if (kind === 'later') return promise
    // A promise of somebody else's, which calls back twice.
    const then: Promise<Json>['then'] = (done, fail) =>
      promise.then((value) => (done?.(value), done!(value)), (error) => (fail?.(error), fail!(error)))
    return { then }
  }
  const queue = queued(handler, { workers, capacity, order, aging, clock })

  const ask = ({ id, from, priority, kind }: Asked) => {
    const context = new Context({ peer: peers[from]! })
    contexts.set(id, context)
    const fail = (error: unknown) =>
      void outcomes.set(id, error instanceof RpcError ? String(error.code) : (error as Error).message)
    const done = () => void outcomes.set(id, 'done')
    try {
      const answer = queue(request(id, priority, 'x', [kind]), context) as Promise<Answer> | null
      if (answer === null) done()
      else answer.then(done, fail)
    } catch (error) {
      fail(error)
    }
  }

  for (const [i, action] of script.entries()) {
    if (action.do === 'ask') {
      const asked = { ...action, id: i, since: model.now }
      model.ask(asked)
      ask(asked)
    } else if (action.do === 'end') {
      const asked = model.running[action.which % model.running.length]
      if (!asked) continue
      model.end(asked, action.well)
      ends.get(asked.id)!(action.well)
    } else if (action.do === 'leave') {
      const all = [...model.running, ...model.waiting]
      const asked = all[action.which % all.length]
      if (!asked) continue
      model.leave(asked)
      contexts.get(asked.id)!.abort(new Error('gone'))
    } else if (action.do === 'pass') {
      model.now = clock.time += action.ms
    } else {
      model.draining = true
      void queue.drain().then(() => (drained = true))
    }
    await turn()
    const { accepted, running, waiting } = model
    const [runs, waits] = [running.length, waiting.length]
    expect(begun, 'begun, in this order').toEqual(model.begun)
    expect(new Map([...outcomes].toSorted(([a], [b]) => a - b))).toEqual(model.outcomes)
    expect(queue.places).toEqual({ accepted, queued: waits, running: runs, answered: accepted - waits - runs })
    expect(drained).toBe(model.draining && runs + waits === 0)
  }
}

test.each(orders)('%s: whatever is asked, ends, leaves and drains, it does what the plain model does', async (order) => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.nat(6),
      fc.array(actions, { maxLength: 60, size: 'max' }),
      (workers, capacity, script) => play(order, workers, capacity, script),
    ),
    { numRuns: 300 },
  )
})
