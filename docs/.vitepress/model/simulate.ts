import type { ModelInfo } from '@rpc-steps/course'
import type { TraceEvent } from '@rpc-steps/trace'
import { steps } from '../course.ts'
import { waitsOf } from '../lab/plan.ts'
import type { Plan } from '../lab/plan.ts'
import { cut } from '../record/tidy.ts'

/** What a call takes beside its wait. Milliseconds. */
export interface Costs {
  /** The server's processor, when the wait is over. A thread can do this for one call at a time. */
  request: number
  /** The client's processor, for the answer. */
  response: number
  /** The way: half there, half back. */
  communication: number
  /** Once for each client, with its first requests: all of this code runs for the first time. */
  warmUp: number
}

/** What a plan does, if nothing costs anything but what `costs` says: as a recorded run looks. */
export function simulate(plan: Plan, costs: Costs): TraceEvent[] {
  const world = new World()
  const end = play(plan, costs, world)
  return world.traceUntil(end)
}

/** How long that takes, in milliseconds, from the first call to the last answer. */
export function totalOf(plan: Plan, costs: Costs): number {
  return play(plan, costs, new World(false))
}

/** The steps that the model knows. */
export const modelled = steps.filter(({ model }) => model !== undefined)

/** Whether the model knows the step of a plan. */
export function isModelled({ step }: Pick<Plan, 'step'>): boolean {
  return modelled.some(({ number }) => number === step)
}

/** @throws Error when the model does not know the step */
export function modelOf({ step }: Pick<Plan, 'step'>): ModelInfo {
  const found = modelled.find(({ number }) => number === step)?.model
  if (!found) throw new Error(`the model does not know step ${step}`)
  return found
}

/** Calls that a client of the step makes before it waits for an answer. */
export function atOnce(plan: Plan): number {
  const { atOnce } = modelOf(plan)
  if (atOnce === 1) return 1
  return Number((atOnce !== 'all' && plan[atOnce.option]) || Infinity)
}

/** Threads that serve: where one blocks there may be several, and each is the only one for its client. */
export function threadsOf(plan: Plan): number {
  return Math.max(1, threadsAskedFor(plan))
}

function threadsAskedFor(plan: Plan): number {
  const { threads } = modelOf(plan)
  return Number((threads && plan[threads]) ?? 0)
}

/** Requests that the server works on at the same time. */
export function workersOf(plan: Plan): number {
  const { workers } = modelOf(plan)
  return workers ? Number(plan[workers.option] ?? workers.usual) : Infinity
}

interface Call {
  id: string
  wait: number
  connection: Connection
}

/** One client at the server. Without a thread, its requests lie in the kernel, unread. */
interface Connection {
  thread: Thread | undefined
  unread: Call[]
  answered: (call: Call) => void
}

function play(plan: Plan, costs: Costs, world: World): number {
  const { clients, latency } = plan
  const method = latency === 'pages' ? 'fetch' : 'sleep'
  const { blocking = false } = modelOf(plan)
  const asleep = sleepsIn(plan)
  const pool = threadsAskedFor(plan) > 0
  const workers = workersOf(plan)
  const line: (() => void)[] = []
  let working = 0
  let end = 0

  const server = { pid: clients + 1, tid: 0 }
  world.name('process_name', server, 'server')
  const free = Array.from({ length: threadsOf(plan) }, (_, i) => {
    const place = pool ? { ...server, tid: i + 1 } : server
    if (pool) world.name('thread_name', place, `thread ${i + 1}`)
    return new Thread(world, place, blocking ? 'accept' : asleep)
  })
  const backlog: Connection[] = []

  function accept(connection: Connection): void {
    const thread = blocking ? free.shift() : free[0]
    if (!thread) return void backlog.push(connection)
    connection.thread = thread
    if (blocking) thread.rest('recv')
    for (const call of connection.unread) handle(call, thread)
  }

  /** The client has left: only step 01's thread has waited for that. */
  function hangUp({ thread }: Connection): void {
    if (!blocking || !thread) return
    thread.rest('accept')
    free.push(thread)
    const next = backlog.shift()
    if (next) accept(next)
  }

  /** The worker is free for whoever has waited longest. */
  function leave(): void {
    working--
    line.shift()?.()
  }

  // #region handle
  function handle(call: Call, thread: Thread): void {
    const { id, wait, connection } = call
    // A thread that is busy does not even read.
    thread.run(0, undefined, () => {
      world.arrow('flow_in', 'request', thread.place, id)
      world.log('b', 'handle', method, thread.place, id)
      if (working < workers) return work()
      world.log('b', 'queue', method, thread.place, id)
      line.push(() => {
        world.log('e', 'queue', method, thread.place, id)
        work()
      })
    })
    const work = () => {
      working++
      if (workers < Infinity) world.log('b', 'work', method, thread.place, id)
      // The steps differ in who waits here, the thread or a timer.
      if (blocking) thread.run(wait, { cat: 'kernel', name: 'sleep' }, ready)
      else world.after(wait, ready)
    }
    const ready = () => {
      thread.run(costs.request, { cat: 'run', name: method, id }, () => {
        if (workers < Infinity) world.log('e', 'work', method, thread.place, id)
        world.log('e', 'handle', method, thread.place, id)
        world.arrow('flow_out', 'reply', thread.place, id)
        leave()
        world.after(costs.communication / 2, () => connection.answered(call))
      })
    }
  }
  // #endregion

  for (let number = 1; number <= clients; number++) {
    const place = { pid: number, tid: 0 }
    world.name('process_name', place, clients === 1 ? 'client' : `client ${number}`)
    const thread = new Thread(world, place, asleep)
    const waits = waitsOf(plan, number - 1)
    let next = 0
    let missing = waits.length

    const begin = () => {
      const wait = waits[next]
      if (wait === undefined) return
      const call = { id: `${number}:${++next}`, wait, connection }
      const travel = costs.communication / 2 + (world.now === 0 ? costs.warmUp : 0)
      world.log('b', 'call', method, place, call.id)
      world.arrow('flow_out', 'request', place, call.id)
      if (blocking) thread.rest('recv')
      world.after(travel, () => {
        if (connection.thread) handle(call, connection.thread)
        else connection.unread.push(call)
      })
    }
    const answered = (call: Call) => {
      if (blocking) thread.rest(undefined)
      const read = () => world.arrow('flow_in', 'reply', place, call.id)
      thread.run(costs.response, { cat: 'run', name: method, id: call.id, begin: read }, () => {
        world.log('e', 'call', method, place, call.id)
        end = world.now
        begin()
        if (--missing === 0) world.after(costs.communication / 2, () => hangUp(connection))
      })
    }
    const connection: Connection = { thread: undefined, unread: [], answered }
    accept(connection)
    for (let i = 0; i < Math.min(atOnce(plan), waits.length); i++) begin()
  }

  world.run()
  return end
}

/** The system call in which a thread of the step sleeps that has nothing to do, if it does. */
function sleepsIn(plan: Plan): string | undefined {
  const { sleepsIn } = modelOf(plan)
  if (typeof sleepsIn !== 'object') return sleepsIn
  return sleepsIn.calls[plan[sleepsIn.option] ?? sleepsIn.usual]
}

type Place = Pick<TraceEvent, 'pid' | 'tid'>

/** A clock that jumps to whatever is due next, and a record of what happened. */
class World {
  /** Milliseconds. */
  now = 0
  readonly #due: { at: number; action: () => void }[] = []
  readonly #events: TraceEvent[] = []
  readonly #recording: boolean

  constructor(recording = true) {
    this.#recording = recording
  }

  /** Of those that are due at the same time, who came first is first. */
  after(ms: number, action: () => void): void {
    const at = this.now + ms
    // The next one stands at the end, where it is cheap to take.
    let place = 0
    let above = this.#due.length
    while (place < above) {
      const middle = (place + above) >> 1
      if (this.#due[middle]!.at > at) place = middle + 1
      else above = middle
    }
    this.#due.splice(place, 0, { at, action })
  }

  run(): void {
    for (let next = this.#due.pop(); next; next = this.#due.pop()) {
      this.now = next.at
      next.action()
    }
  }

  name(name: string, place: Place, value: string): void {
    if (!this.#recording) return
    this.#events.push({ ph: 'M', cat: '__metadata', name, ts: 0, ...place, args: { name: value } })
  }

  log(
    ph: TraceEvent['ph'],
    cat: TraceEvent['cat'],
    name: string,
    { pid, tid }: Place,
    id?: string,
  ): void {
    if (!this.#recording) return
    const ts = Math.round(this.now * 1000)
    const event: TraceEvent = { ph, cat, name, ts, pid, tid }
    if (id !== undefined) event.id = id
    this.#events.push(event)
  }

  /** One end of a message's arrow. */
  arrow(end: 'flow_out' | 'flow_in', name: string, place: Place, id: string): void {
    if (!this.#recording) return
    const ts = Math.round(this.now * 1000)
    this.#events.push({ ph: 'X', cat: 'wire', name, ts, ...place, id, [end]: true })
  }

  /** The events in order, cut at a time in milliseconds as a recorded trace is. */
  traceUntil(end: number): TraceEvent[] {
    return cut([...this.#events].sort((a, b) => a.ts - b.ts), 0, Math.round(end * 1000))
  }
}

/** What a thread is seen doing. */
interface Doing {
  cat: 'run' | 'kernel'
  name: string
  id?: string
  /** Called when the thread begins with it. */
  begin?: () => void
}

interface Job {
  ms: number
  doing: Doing | undefined
  then: () => void
}

/** Something that does one thing at a time; what else there is to do waits, in order. */
class Thread {
  readonly place: Place
  readonly #world: World
  readonly #jobs: Job[] = []
  #busy = false
  #rest: string | undefined
  #resting: string | undefined

  /** `rest` is the system call that it sleeps in when there is nothing to do, if it does. */
  constructor(world: World, place: Place, rest: string | undefined) {
    this.#world = world
    this.place = place
    this.rest(rest)
  }

  rest(name: string | undefined): void {
    this.#rest = name
    if (this.#busy || this.#resting === name) return
    this.#wake()
    this.#sleep()
  }

  run(ms: number, doing: Doing | undefined, then: () => void): void {
    this.#jobs.push({ ms, doing, then })
    if (!this.#busy) this.#next()
  }

  #next(): void {
    const job = this.#jobs.shift()
    this.#busy = job !== undefined
    if (!job) return this.#sleep()
    this.#wake()
    const { ms, doing, then } = job
    doing?.begin?.()
    const seen = ms > 0 ? doing : undefined
    if (seen) this.#world.log('B', seen.cat, seen.name, this.place, seen.id)
    this.#world.after(ms, () => {
      if (seen) this.#world.log('E', seen.cat, seen.name, this.place)
      then()
      this.#next()
    })
  }

  #sleep(): void {
    this.#resting = this.#rest
    if (this.#resting) this.#world.log('B', 'kernel', this.#resting, this.place)
  }

  #wake(): void {
    if (this.#resting) this.#world.log('E', 'kernel', this.#resting, this.place)
    this.#resting = undefined
  }
}
