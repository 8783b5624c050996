import { getEventListeners } from 'node:events'
import type { Duplex } from 'node:stream'
import type { End, EndOptions, Expected, PlayedClock, Scenario, Side, Stage } from '@rpc-steps/course'
import { Channel } from './channel.ts'
import type { Portion } from './channel.ts'
import { Clock } from './clock.ts'
import type { Time } from './clock.ts'
import { Past } from './past.ts'
import { Wire } from './wire.ts'

export const sides = ['client', 'server'] as const

/** What can happen next, at one of the ends. */
export interface Happening {
  side: Side
  /** Tells it from all others, in the same words in each order. */
  name: string
  /** What is said of it in a picture, if that is more than the messages that come with it. */
  text: string
  run(): void
}

/** Something that has happened, and what came of it. */
export interface Row {
  side: Side
  now: number
  /** What was said of each end. */
  notes: Record<Side, string[]>
  /** Messages that came, and that left. */
  messages: { to: Side; came: boolean; name: string }[]
}

/** What an order has broken. */
export interface Broken {
  rule: string
  text: string
}

interface Asked {
  expected: Expected
  made: number
  settled: boolean
}

interface Perhaps extends Happening {
  can(): boolean
}

const nameOf = (side: Side, portion: Portion, count = 1) => `reads ${portion} of ${count} at the ${side}`

/** The two ends of a scenario: what can happen next, what has happened, and whether all of it was right. */
export class Play implements Stage {
  readonly clocks: Readonly<Record<Side, PlayedClock>>
  readonly rows: Row[] = []
  broken: Broken | undefined
  readonly #time: Time = { now: 0 }
  readonly #clocks: Readonly<Record<Side, Clock>>
  readonly #channel: Channel
  readonly #wire: Wire
  readonly #halves: boolean
  readonly #tight: boolean
  readonly #without: readonly string[]
  /** The names of all calls of the scenario. */
  readonly names: string[] = []
  readonly #ends = new Map<Side, End>()
  readonly #closed = new Set<Side>()
  readonly #calls = new Map<string, Asked>()
  readonly #signals: AbortSignal[] = []
  readonly #rules: { rule: string; look: () => string | undefined }[] = []
  readonly #nothing: { what: string; count: () => number }[] = []
  /** What will happen, the oldest first. */
  #queue: Happening[] = []
  #perhaps: Perhaps[] = []
  /** What has happened at each end, and when: all that its state comes from. */
  readonly #past: Record<Side, number> = { client: 0, server: 0 }
  readonly #pasts: Past
  /** Somebody has closed, or cut, the connection. */
  #ending = false

  /** `without`: calls that are not made. `pasts`: those of all plays whose states are compared. */
  constructor(scenario: Scenario, without: readonly string[] = [], pasts = new Past()) {
    this.#pasts = pasts
    this.#halves = scenario.halves ?? false
    this.#tight = scenario.tight ?? false
    this.#without = without
    // A clock of the caller that the server took for its own would be wrong by minutes.
    this.#clocks = this.clocks = { client: new Clock(this.#time, 1_000_000), server: new Clock(this.#time, 2_000_000) }
    this.#wire = new Wire(
      (rule, text) => this.breaks(rule, text),
      (name) => this.#leftOf(name),
    )
    const events = {
      left: (from: Side, text: string) => this.#tell(from === 'client' ? 'server' : 'client', false, this.#wire.left(from, text)),
      came: (to: Side, text: string) => this.#tell(to, true, this.#wire.came(to, text)),
      ended: (to: Side, came: boolean, kind: 'end' | 'cut') => this.#tell(to, came, kind === 'end' ? 'no more' : 'lost'),
      read: (to: Side, text: string) => this.#wire.read(to, text),
      waits: (to: Side) => this.#queue.push(this.#reads(to, 'one')),
      gone: (to: Side) => (this.#queue = this.#queue.filter(({ name }) => name !== nameOf(to, 'one'))),
    }
    this.#channel = new Channel(events, this.#tight)
    scenario.play(this)
  }

  // #region told
  end<E extends End>(side: Side, make: (stream: Duplex, options: EndOptions) => E): E {
    const log = (line: string) => this.breaks('nothing to complain about', `the ${side} logs: ${line.split('\n')[0]}`)
    const never = { frameTimeout: Infinity, sendTimeout: Infinity, grace: Infinity, linger: Infinity }
    const end = make(this.#channel.ends[side], { clock: this.clocks[side], log, ...never })
    this.#ends.set(side, end)
    void end.closed.then(() => this.#closed.add(side))
    return end
  }

  call(name: string, make: () => Promise<unknown>, expected: Expected = {}): void {
    this.names.push(name)
    if (this.#without.includes(name)) return
    const { within } = expected
    this.#later('client', `calls ${name}${within === undefined ? '' : `, ${within} ms at most`}`, () => {
      const asked: Asked = { expected, made: this.#time.now, settled: false }
      this.#calls.set(name, asked)
      make().then(
        (result) => this.#settled(name, asked, undefined, result),
        (error: unknown) => this.#settled(name, asked, error ?? 'nothing', undefined),
      )
    })
  }

  async works(name: string, signal?: AbortSignal): Promise<void> {
    this.#note('server', `runs ${name}`)
    this.#wire.begins(name)
    const known = this.#wire.named(name)
    this.always('who works for nobody is told', () => {
      if (!signal || signal.aborted || known?.done) return undefined
      if (this.#closed.has('server')) return `the caller of ${name} has gone, and its handler was not told`
      return known?.replied ? `${name} is answered, and its handler was not told to stop` : undefined
    })
    await this.happens('server', `is done with ${name}`)
    if (known) known.done = true
  }

  happens(side: Side, what: string): Promise<void> {
    return new Promise((resolve) => this.#later(side, what, resolve))
  }

  may(side: Side, what: string, job: () => void): void {
    this.#may(side, what, job, () => true)
  }

  signal(what: string): AbortSignal {
    const controller = new AbortController()
    const { signal } = controller
    this.#signals.push(signal)
    const waits = () => [...this.#calls.values()].some(({ expected, settled }) => !settled && expected.signal === signal)
    this.#may('client', what, () => controller.abort(new Error('given up')), waits)
    return signal
  }

  mayClose(side: Side): void {
    this.may(side, 'closes', () => {
      this.#ending = true
      void this.#ends.get(side)!.close()
    })
  }

  mayCut(side: Side): void {
    this.may(side, 'loses the connection', () => {
      this.#ending = true
      this.#ends.get(side)!.destroy()
    })
  }

  always(rule: string, look: () => string | undefined): void {
    this.#rules.push({ rule, look })
  }

  nothing(what: string, count: () => number): void {
    this.#nothing.push({ what, count })
  }
  // #endregion

  // #region next
  /** What can happen next, the plain choice first. Empty when all that must happen has. */
  get next(): readonly Happening[] {
    const timers = sides
      .filter((side) => this.#clocks[side].due < Infinity)
      .sort((a, b) => this.#clocks[a].due - this.#clocks[b].due)
      .map((side) => this.#fires(side))
    const musts = [...this.#queue, ...timers]
    if (musts.length === 0) return musts
    return [...musts, ...this.#portions(), ...this.perhaps]
  }

  /** What can happen and need not. */
  get perhaps(): readonly Happening[] {
    return this.#perhaps.filter((one) => one.can())
  }

  /** All that what happens from here on depends on. */
  get state(): string {
    const queue = this.#queue.reduce((before, { name }) => this.#pasts.and(before, name), 0)
    return `${this.#past.client} ${this.#past.server} ${queue}`
  }

  /** It happens. What was older and has not happened is put behind all others. */
  take(happening: Happening): void {
    const place = this.#queue.indexOf(happening)
    if (place >= 0) this.#queue = [...this.#queue.slice(place + 1), ...this.#queue.slice(0, place)]
    const { side, text, name } = happening
    this.rows.push({ side, now: this.#time.now, notes: { client: [], server: [] }, messages: [] })
    if (text !== '') this.#note(side, text)
    try {
      happening.run()
    } catch (error) {
      this.breaks('nothing is thrown', String(error))
    }
    this.rows.at(-1)!.now = this.#time.now
    for (const one of sides) {
      // Where a write is over when it has been read, reading is something that happens at both ends.
      if (one === side || (this.#tight && name.startsWith('reads'))) this.#past[one] = this.#pasts.and(this.#past[one], `${name} at ${this.#time.now}`)
    }
  }

  #reads(to: Side, portion: Portion): Happening {
    // All that waits is more or less, as fast as the other end is.
    const name = nameOf(to, portion, portion === 'all' ? this.#channel.waiting(to) : 1)
    const text = portion === 'half' ? 'reads half a message' : ''
    return { side: to, name, text, run: () => this.#channel.deliver(to, portion) }
  }

  /** Less or more than the next message, read at once. */
  #portions(): Happening[] {
    return this.#queue.flatMap((happening) => {
      const { side, name } = happening
      if (name !== nameOf(side, 'one')) return []
      const others: Portion[] = []
      if (this.#channel.waiting(side) > 1) others.push('all')
      if (this.#halves && this.#channel.divides(side)) others.push('half')
      return others.map((portion) => {
        const other = this.#reads(side, portion)
        const run = () => {
          this.#queue = this.#queue.filter((one) => one !== happening)
          other.run()
        }
        return { ...other, run }
      })
    })
  }

  #fires(side: Side): Happening {
    const clock = this.#clocks[side]
    const name = `a timer at the ${side}`
    return { side, name, text: `${clock.due} ms: a timer fires`, run: () => clock.fire() }
  }

  #later(side: Side, what: string, job: () => void): void {
    this.#queue.push({ side, name: what, text: what, run: job })
  }

  #may(side: Side, what: string, job: () => void, can: () => boolean): void {
    const perhaps: Perhaps = {
      side,
      name: `${what} at the ${side}`,
      text: what,
      can,
      run: () => {
        this.#perhaps = this.#perhaps.filter((one) => one !== perhaps)
        job()
      },
    }
    this.#perhaps.push(perhaps)
  }
  // #endregion

  // #region judged
  breaks(rule: string, text: string): void {
    this.broken ??= { rule, text }
  }

  /** To be asked when what has happened has had all its effects. */
  check(): void {
    for (const { rule, look } of this.#rules) {
      const text = look()
      if (text !== undefined) this.breaks(rule, text)
    }
    for (const [side, { stats }] of this.#ends) {
      const { timers } = this.#clocks[side]
      // Between two tries of a call no request is pending.
      const calls = side === 'client' && [...this.#calls.values()].some(({ settled }) => !settled)
      if (timers > 0 && stats['pending'] === 0 && stats['handling'] === 0 && !calls) {
        this.breaks('no timer without a call', `the ${side} has nothing in hand, and ${timers} timer${timers > 1 ? 's' : ''}`)
      }
    }
    for (const signal of this.#signals) {
      const count = getEventListeners(signal, 'abort').length
      // One for what makes the calls, one for what they are made by.
      if (count > 2) this.breaks('no listener for each call', `${count} listeners on one signal`)
    }
  }

  /** Nothing must happen any more: everybody has an answer, and nothing is left. */
  checkRest(): void {
    for (const [name, { settled }] of this.#calls) {
      if (!settled) this.breaks('an outcome for each call', `${name} has no outcome, and nothing is under way`)
    }
    const waits = ['pending', 'waiting', 'unanswered', 'requests', 'parked', 'handling', 'held']
    for (const [side, { stats, state }] of this.#ends) {
      for (const what of state === 'closed' ? ['pending', 'handling'] : waits) {
        if (stats[what]) this.breaks('nothing is left', `${what}: ${stats[what]} at the ${side}`)
      }
    }
    for (const { what, count } of this.#nothing) if (count() > 0) this.breaks('nothing is left', `${what}: ${count()}`)
    const heard = this.#signals.filter((signal) => getEventListeners(signal, 'abort').length > 0).length
    if (heard > 0) this.breaks('nothing is left', 'a listener on a signal that nobody waits with')
  }

  /** Has the client close, and the server has to follow. */
  finish(): void {
    this.#ending = true
    void this.#ends.get('client')?.close()
  }

  checkClosed(): void {
    for (const side of this.#ends.keys()) {
      if (!this.#closed.has(side)) this.breaks('it ends', `the ${side} has not closed, and nothing is under way`)
      if (this.#clocks[side].timers > 0) this.breaks('nothing is left', `a timer at the ${side}`)
    }
  }

  #leftOf(name: string): number {
    const asked = this.#calls.get(name)
    return asked?.expected.within === undefined ? Infinity : asked.made + asked.expected.within - this.#time.now
  }

  #settled(name: string, asked: Asked, error: unknown, result: unknown): void {
    asked.settled = true
    const { expected } = asked
    const { signal } = expected
    if (error === undefined) {
      this.#note('client', `${name} has its result`)
      const [wanted, got] = [JSON.stringify(expected.result ?? name), JSON.stringify(result)]
      if (got !== wanted) this.breaks('the right result', `${name} has the result ${got}, not ${wanted}`)
      return
    }
    const { code, message = String(error) } = error as { code?: unknown; message?: string }
    const lost = code === 'ERR_DISCONNECTED'
    const what = lost ? 'is lost' : signal?.aborted && error === signal.reason ? 'is given up' : `ends with ${String(code ?? message)}`
    this.#note('client', `${name} ${what}`)
    const allowed =
      (signal?.aborted && error === signal.reason) ||
      ((lost || code === -32014) && this.#ending) ||
      (code === -32008 && this.#leftOf(name) <= 0) ||
      expected.codes?.includes(code as number)
    if (!allowed) this.breaks('an outcome that may be', lost ? `${name} is lost, and nobody has closed` : `${name} ${what}: ${message}`)
  }
  // #endregion

  #note(side: Side, text: string): void {
    this.rows.at(-1)?.notes[side].push(text)
  }

  #tell(to: Side, came: boolean, name: string): void {
    this.rows.at(-1)?.messages.push({ to, came, name })
  }
}
