import { AsyncResource } from 'node:async_hooks'
import { isPromise, systemClock } from '@rpc-steps/async-await'
import type { Answer, Clock, Handler, RequestContext } from '@rpc-steps/async-await'
import { codes, RpcError } from '@rpc-steps/wire'
import type { Request } from '@rpc-steps/wire'
import { trace } from '@rpc-steps/trace'
import { Fair } from './fair.ts'
import { Fifo } from './fifo.ts'
import type { Line, NewLine, Waiting } from './line.ts'
import { ByPriority, priorityOf } from './priority.ts'
import { ServiceTime } from './service-time.ts'

/** Who is next when a worker is free. */
export const orders = ['fifo', 'priority', 'fair'] as const
/** One of them. */
export type Order = (typeof orders)[number]

/** How much is worked on, how much may wait, and who is next. */
export interface QueueOptions {
  /** Requests that are worked on at the same time. Default 16. */
  workers?: number
  /** Requests that wait for a worker. Default 256. */
  capacity?: number
  /** `fifo`, `priority` by `meta.priority` with aging, or `fair`: the connections take turns. Or another. */
  order?: Order | NewLine
  /** Milliseconds of waiting that count as much as a level of priority. Default 1,000. */
  aging?: number
  clock?: Clock
}

// #region places
/**
 * Where a request is. It is *accepted* or told at once that it is not; it is *queued* unless a worker
 * is free; it is *running* while a worker has it; then it is *answered*, whether anybody hears it or
 * not. Each goes through them in this order, and is in one place at a time.
 */
export type Place = 'accepted' | 'queued' | 'running' | 'answered'

/** A request on its way. */
interface Task extends Waiting {
  readonly request: Request
  readonly context: RequestContext
  place: Place
  /** When its worker began. */
  started: number
  /** Has its worker begin, if it was queued; and what comes of that. */
  run(): Answer | PromiseLike<Answer>
  resolve(answer: Answer | PromiseLike<Answer>): void
  reject(reason: unknown): void
  /** It waits no longer: lets go of its signal. */
  unwatch(): void
}
// #endregion

/** A handler behind a queue. */
export interface Queued extends Handler {
  /** How many were accepted and answered in all, and how many are queued and running now. */
  readonly places: Readonly<Record<Place, number>>
  /** Takes nothing on any more (-32014), finishes what was accepted, then resolves. */
  drain(): Promise<void>
  /** Whether it takes nothing on any more. */
  readonly draining: boolean
}

/**
 * Has requests wait for their turn: at most `workers` of them run, at most `capacity` wait, and to
 * who comes then it says -32029 at once, with `retryAfterMs`. Throws RangeError.
 */
export function queued(handler: Handler, options: QueueOptions = {}): Queued {
  const queue = new Queue(handler, options)
  const take: Handler = (request, context) => queue.take(request, context)
  const drain = () => queue.drain()
  return Object.defineProperties(Object.assign(take, { places: queue.places, drain }), {
    draining: { get: () => queue.draining },
  }) as Queued
}

const nothing = () => {}
const draining = new RpcError(codes.unavailable, 'Draining', { status: 'UNAVAILABLE' })

class Queue {
  readonly #handler: Handler
  readonly #workers: number
  readonly #capacity: number
  readonly #clock: Clock
  readonly #line: Line<Task>
  readonly #serviceTime = new ServiceTime()
  readonly places: Record<Place, number> = { accepted: 0, queued: 0, running: 0, answered: 0 }

  constructor(handler: Handler, options: QueueOptions) {
    const { workers = 16, capacity = 256, order = 'fifo', aging = 1000, clock = systemClock } = options
    if (!(workers >= 1)) throw new RangeError(`workers must be 1 or more, not ${workers}`)
    if (!(capacity >= 0)) throw new RangeError(`capacity must be 0 or more, not ${capacity}`)
    if (!(aging > 0)) throw new RangeError(`aging must be more than 0 ms, not ${aging}`)
    this.#handler = handler
    this.#workers = workers
    this.#capacity = capacity
    this.#clock = clock
    this.#line = lineOf(order, aging)
  }

  // #region take
  take(request: Request, context: RequestContext): Answer | PromiseLike<Answer> {
    const priority = priorityOf(request)
    if (this.#drained) throw draining
    const now = this.#clock.now()
    const task: Task = {
      request, context, connection: context.peer, priority, since: now,
      place: 'accepted', started: now, run: nothing, resolve: nothing, reject: nothing, unwatch: nothing,
    }
    // While a worker is free, nobody waits.
    if (this.places.running < this.#workers) {
      this.places.accepted++
      return this.#run(task)
    }
    if (this.#line.size >= this.#capacity) this.#makeRoom(task)
    this.places.accepted++
    return this.#wait(task)
  }

  /** Throws RpcError -32029 if there is none to be made. */
  #makeRoom(task: Task): void {
    const full = this.#full()
    const other = this.#line.pushOut?.(task)
    if (!other) throw full
    this.#giveUp(other, full)
  }

  #full(): RpcError {
    const retryAfterMs = this.#serviceTime.of(this.#line.size, this.#workers)
    return new RpcError(codes.resourceExhausted, 'Too many requests', { status: 'RESOURCE_EXHAUSTED', retryAfterMs })
  }
  // #endregion

  // #region wait
  #wait(task: Task): Promise<Answer> {
    this.#move(task, 'queued')
    this.#line.add(task)
    return new Promise((resolve, reject) => {
      // Whoever ends sets off the next: without this, it would run in what AsyncLocalStorage has for that one.
      Object.assign(task, { resolve, reject, run: AsyncResource.bind(() => this.#run(task)) })
      const { signal } = task.context
      const gone = () => {
        this.#line.remove(task)
        this.#giveUp(task, signal.reason)
      }
      // Aborted already, it would never say so again.
      if (signal.aborted) return gone()
      signal.addEventListener('abort', gone)
      task.unwatch = () => signal.removeEventListener('abort', gone)
    })
  }

  /** It was queued, it is out of the line, and it will not run. */
  #giveUp(task: Task, reason: unknown): void {
    task.unwatch()
    this.#move(task, 'answered')
    task.reject(reason)
  }
  // #endregion

  // #region run
  /** Has the handler answer. However that ends, the place is given back, and once. */
  #run(task: Task): Answer | Promise<Answer> {
    this.#move(task, 'running')
    let answer: Answer | PromiseLike<Answer>
    try {
      answer = this.#handler(task.request, task.context)
      if (!isPromise(answer)) {
        this.#done(task)
        return answer
      }
    } catch (error) {
      this.#done(task)
      throw error
    }
    const settled = Promise.resolve(answer)
    const done = () => this.#done(task)
    settled.then(done, done)
    return settled
  }

  #done(task: Task): void {
    // Not every promise is one of this language: some call back twice.
    if (task.place !== 'running') return
    this.#move(task, 'answered')
    this.#serviceTime.add(this.#clock.now() - task.started)
    this.#startNext()
    this.#endIfDrained()
  }

  #starting = false

  #startNext(): void {
    // What ends at once ends inside this loop, which goes on by itself: ten thousand of them would
    // be ten thousand calls inside each other.
    if (this.#starting) return
    this.#starting = true
    while (this.places.running < this.#workers) {
      for (let late; (late = this.#line.expire?.()); ) this.#giveUp(late, this.#full())
      const task = this.#line.next()
      if (!task) break
      task.unwatch()
      task.started = this.#clock.now()
      try {
        task.resolve(task.run())
      } catch (error) {
        task.reject(error)
      }
    }
    this.#starting = false
  }
  // #endregion

  // #region drain
  #drained: Promise<void> | undefined
  #onDrained = () => {}

  get draining(): boolean {
    return this.#drained !== undefined
  }

  drain(): Promise<void> {
    this.#drained ??= new Promise((resolve) => (this.#onDrained = resolve))
    this.#endIfDrained()
    return this.#drained
  }

  #endIfDrained(): void {
    if (this.places.queued + this.places.running === 0) this.#onDrained()
  }
  // #endregion

  // #region move
  /** The only one who counts. */
  #move(task: Task, place: Place): void {
    const { request: { method, id }, context: { label }, place: before } = task
    if (before !== 'accepted') this.places[before]--
    this.places[place]++
    task.place = place
    if (!trace.on) return
    if (before === 'queued') trace.dequeued(method, label, id)
    if (before === 'running') trace.worked(method, label, id)
    if (place === 'queued') trace.queued(method, label, id)
    if (place === 'running') trace.working(method, label, id)
  }
  // #endregion
}

function lineOf(order: Order | NewLine, aging: number): Line<Task> {
  if (typeof order === 'function') return order()
  switch (order) {
    case 'fifo':
      return new Fifo()
    case 'priority':
      return new ByPriority(aging)
    case 'fair':
      return new Fair()
    default:
      throw new RangeError(`order must be one of ${orders.join(', ')}, not ${order as string}`)
  }
}
