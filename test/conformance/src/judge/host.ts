import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { Fault, Sent } from './bytes.ts'
import { headerFault, nextMessage, speaksLines, whyNot } from './bytes.ts'
import { pages } from './pages.ts'
import { requestFault } from './requests.ts'
import type { Call, Manner, Unit, Write } from './manner.ts'
import { serve } from './service.ts'
import { Streams } from './streams.ts'

/** One connection of the client's, and all that came on it. */
export class Link {
  readonly socket: Socket
  bytes: Buffer = Buffer.alloc(0)
  /** Where the next message begins. */
  at = 0
  /** Where one piece ended and the next began, as they came. */
  readonly seams: number[] = []
  readonly sent: Sent[] = []
  /** The client has ended its direction. */
  ended = false
  closed = false
  /** How many calls have not got what they get, and which ids were in flight when each message came. */
  open = 0
  readonly inFlight: ReadonlySet<unknown>[] = []
  #writing: Promise<void> = Promise.resolve()
  readonly host: Host

  constructor(host: Host, socket: Socket) {
    this.host = host
    this.socket = socket
  }

  get lines(): boolean {
    return speaksLines(this.bytes)
  }

  /** What is wrong with what has come and is no message; looked at when no more will come. */
  fault(): Fault | undefined {
    const first = whyNot(this.bytes, this.at, this.lines)
    if (first || this.lines) return first
    for (const sent of this.sent) {
      const fault = headerFault(this.bytes, sent)
      if (fault) return fault
    }
    return undefined
  }

  /** What is wrong with the messages themselves, beginning with the first. */
  messageFault(): Fault | undefined {
    for (const [i, sent] of this.sent.entries()) {
      const fault = requestFault(sent, this.inFlight[i]!)
      if (fault) return fault
      const { id, method } = (sent.value ?? {}) as Record<string, unknown>
      if (method !== undefined || Array.isArray(sent.value) || this.host.asked.includes(id)) continue
      return { at: sent.bodyAt, says: 'nothing was asked', cause: 'it answers what asked for nothing: a notification gets no answer, not even an error, and a reply gets none either', expected: ['no message'], page: pages.notifications }
    }
    return undefined
  }

  /** Sends messages, behind all that is still to be sent. */
  send(messages: readonly string[]): Promise<void> {
    const { manner } = this.host
    const frames = messages.map((text) => {
      const body = Buffer.from(text)
      if (this.lines) return Buffer.concat([body, Buffer.from('\n')])
      const header = manner.header?.(body.length) ?? `Content-Length: ${body.length}\r\n\r\n`
      return Buffer.concat([Buffer.from(header), body])
    })
    for (const frame of frames) this.host.log.push(`--> ${frame.toString()}`)
    const bytes = Buffer.concat(frames)
    return this.write(manner.writes?.(bytes) ?? [bytes])
  }

  /** Writes bytes as they are. */
  write(writes: readonly Write[]): Promise<void> {
    return this.host.whileBusy(() => {
      this.#writing = this.#writing.then(() => this.#write(writes))
      return this.#writing
    })
  }

  async #write(writes: readonly Write[]): Promise<void> {
    for (const write of writes) {
      if (!this.socket.writable) return
      if (typeof write === 'number') await this.host.sleep(write)
      else {
        this.socket.write(write)
        await new Promise((done) => setImmediate(done))
      }
    }
  }

  /** Ends our direction, behind all that is still to be sent. */
  async end(says = 'the server ends the connection'): Promise<void> {
    await this.write([])
    if (!this.socket.writable) return
    this.host.log.push(`(${says})`)
    this.socket.end()
  }
}

/** A message of the client's that asks for nothing. */
export interface Notice {
  readonly link: Link
  readonly method: string
  readonly params: unknown
  readonly at: number
  /** Milliseconds, on the clock of `performance`. */
  readonly when: number
}

/** Our server, for one run of a client. */
export class Host {
  readonly manner: Manner
  readonly links: Link[] = []
  readonly calls: Call[] = []
  readonly notices: Notice[] = []
  /** Replies of the client's, to what we have asked it. */
  readonly replies: Readonly<Record<string, unknown>>[] = []
  /** The ids of what we have asked the client. */
  readonly asked: unknown[] = []
  /** What we have sent, line by line, for people. */
  readonly log: string[] = []
  readonly streams: Streams
  /** When the first request came, and when something last happened, on the clock of `performance`. */
  began = Infinity
  last = performance.now()
  /** The longest that the client took from our last word to its next, in milliseconds. */
  slowest = 0
  /** Called when there is something new. */
  onProgress = () => {}
  /** Messages that came on connections which we had ended. */
  afterEnd = 0
  /** How many messages wanted an answer. */
  units = 0
  #busy = 0
  #spoke: number | undefined
  #held: Unit[] = []
  #timer: NodeJS.Timeout | undefined
  readonly #quiet: number
  readonly #servers: Server[] = []

  /** `quiet`: milliseconds after which nothing more is asked, for who holds answers back. */
  constructor(manner: Manner, quiet: number) {
    this.manner = manner
    this.#quiet = quiet
    this.streams = new Streams(this)
  }

  /** Listens on both loopback addresses: a client may ask for `localhost`, which can be either. */
  async listen(): Promise<number> {
    const accept = (socket: Socket) => this.#accept(socket)
    const options = { noDelay: true, allowHalfOpen: true }
    const first = createServer(options, accept).listen(0, '127.0.0.1')
    await once(first, 'listening')
    const { port } = first.address() as AddressInfo
    const second = createServer(options, accept)
    const there = new Promise<boolean>((done) => second.once('error', () => done(false)).listen(port, '::1', () => done(true)))
    this.#servers.push(first, ...((await there) ? [second] : []))
    return port
  }

  close(): void {
    clearTimeout(this.#timer)
    for (const { socket } of this.links) socket.destroy()
    for (const server of this.#servers) server.close()
  }

  /** Whether somebody sends without an end, though nobody answers any more. */
  get floods(): boolean {
    return this.afterEnd > 100
  }

  /** Whether we still have something to say. */
  get busy(): boolean {
    return this.#busy > 0 || this.#timer !== undefined
  }

  async whileBusy(work: () => Promise<void>): Promise<void> {
    this.#busy++
    try {
      await work()
    } finally {
      this.#busy--
      this.#spoke = performance.now()
      this.touch()
    }
  }

  sleep(ms: number): Promise<void> {
    return this.whileBusy(() => new Promise((done) => setTimeout(done, ms)))
  }

  touch(): void {
    this.last = performance.now()
    this.onProgress()
  }

  /** The client did something. */
  heard(): void {
    if (this.#spoke !== undefined) this.slowest = Math.max(this.slowest, performance.now() - this.#spoke)
    this.#spoke = undefined
    this.touch()
  }

  #accept(socket: Socket): void {
    const link = new Link(this, socket)
    this.links.push(link)
    this.heard()
    socket.on('data', (chunk: Buffer) => {
      if (this.floods) return
      link.seams.push(link.bytes.length)
      link.bytes = Buffer.concat([link.bytes, chunk])
      this.heard()
      this.#read(link)
    })
    socket.on('error', () => {})
    socket.on('end', () => {
      link.ended = true
      this.heard()
      this.#settle(link)
    })
    socket.on('close', () => {
      link.closed = true
      this.touch()
    })
    this.manner.greets?.(link)
  }

  #read(link: Link): void {
    for (let message; (message = nextMessage(link.bytes, link.at, link.lines)); ) {
      link.at = message.end
      if (link.socket.writableEnded) this.afterEnd++
      link.sent.push(message)
      const waiting = this.calls.filter((call) => call.link === link && call.answer === undefined)
      link.inFlight.push(new Set(waiting.map((call) => call.id)))
      this.#take(link, message)
    }
  }

  #take(link: Link, { value, at }: Sent): void {
    const batch = Array.isArray(value)
    const calls: Call[] = []
    for (const item of batch ? (value as unknown[]) : [value]) {
      if (typeof item !== 'object' || item === null) continue
      const { id, method, params, meta } = item as Record<string, unknown>
      if (method === undefined && ('result' in item || 'error' in item)) this.replies.push(item)
      else if (id === undefined) this.#notice({ link, method: String(method), params, at, when: performance.now() })
      else calls.push({ link, id, method: String(method), params, meta: typeof meta === 'object' && meta !== null ? (meta as Record<string, unknown>) : {} })
    }
    if (calls.length === 0) return
    this.began = Math.min(this.began, performance.now())
    this.calls.push(...calls)
    link.open += calls.length
    void this.#answer({ link, calls, batch, nth: this.units++ })
  }

  #notice(notice: Notice): void {
    this.notices.push(notice)
    this.streams.hear(notice)
    this.manner.hears?.(notice.link, notice.method, notice.params)
  }

  async #answer(unit: Unit): Promise<void> {
    const { instead, holds, pause } = this.manner
    if (instead) {
      await this.whileBusy(async () => instead(unit))
      return
    }
    if (holds !== undefined) {
      this.#held.push(unit)
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => void this.#release(), this.#quiet)
      return
    }
    const ms = pause?.(unit.nth) ?? 0
    if (ms > 0) await this.sleep(ms)
    await this.reply(unit)
  }

  async #release(): Promise<void> {
    this.#timer = undefined
    const held = this.#held.splice(0)
    if (this.manner.holds === 'last first') {
      for (const unit of held.reverse()) await this.reply(unit)
      return
    }
    for (const link of new Set(held.map((unit) => unit.link))) {
      const units = held.filter((unit) => unit.link === link && (unit.batch || !this.streams.takes(unit.calls[0]!)))
      await link.send(units.flatMap((unit) => this.#messages(unit)))
      this.#answered(link, units.flatMap((unit) => unit.calls).length)
    }
  }

  /** Answers a unit, as the manner has it. */
  async reply(unit: Unit): Promise<void> {
    const [first] = unit.calls
    if (first && !unit.batch && this.streams.takes(first)) return
    await unit.link.send(this.#messages(unit))
    this.#answered(unit.link, unit.calls.length)
  }

  /** So many calls of a connection have got what they get. */
  #answered(link: Link, calls: number): void {
    link.open -= calls
    this.#settle(link)
  }

  /** A stream has come to its end. */
  streamed(link: Link): void {
    this.#answered(link, 1)
  }

  #messages(unit: Unit): string[] {
    const { json = JSON.stringify } = this.manner
    const texts = unit.calls.map((call) => {
      const answer = serve(call.method, call.params)
      call.answer = this.manner.answer?.(call, answer) ?? answer
      return json({ jsonrpc: '2.0', ...call.answer, id: call.id })
    })
    const reply = unit.batch ? `[${(this.manner.turnsBatches ? texts.reverse() : texts).join(',')}]` : texts[0]!
    return this.manner.messages?.(unit, reply) ?? [reply]
  }

  /** Who has said all and got all, is done. */
  #settle(link: Link): void {
    if (link.ended && link.open === 0) void link.end('the client has ended its side and has all its answers, so the server ends its own')
  }
}
