import type { Json } from '@rpc-steps/wire'
import type { Host, Link, Notice } from './host.ts'
import type { Call } from './manner.ts'
import { serve } from './service.ts'

/** The most that may be granted and not sent. */
export const mostCredit = 1_048_576
/** A stream of ours has no more items than this, whatever was asked. */
const most = 1000

/** How items go out, when the manner says nothing: one a message. */
export interface Streaming {
  /** How many items of those granted go into the next message. */
  readonly together?: number
  /** Ends with this error after so many items. */
  readonly fails?: { readonly after: number; readonly code: number; readonly message: string }
  /** Sends items of a stream that nobody has asked for, as well. */
  readonly stray?: boolean
  /** Ends the connection after so many items. */
  readonly breaks?: number
}

/** A call whose answer comes in pieces, or that is followed by some. */
export interface Flow {
  readonly call: Call
  readonly link: Link
  readonly items: Json[]
  credit: number
  next: number
  /** What the client has granted in all, and how often. */
  grants: number[]
  /** Items that came from the client, and how many it may send. */
  readonly came: Json[]
  granted: number
  over: boolean
  /** What the client did that it may not. */
  wrong?: string
  ended: boolean
}

/** The calls of step 08: credit is counted both ways. */
export class Streams {
  readonly flows: Flow[] = []
  readonly #host: Host

  constructor(host: Host) {
    this.#host = host
  }

  /** Whether this call is a stream; if so, it is begun. */
  takes(call: Call): boolean {
    const { credit, stream } = call.meta
    const down = credit !== undefined
    const up = stream === true && ['total', 'echo'].includes(call.method)
    const items = down && !up ? itemsOf(call) : []
    if ((!down && !up) || items === undefined) return false
    const flow: Flow = { call, link: call.link, items, credit: 0, next: 0, grants: [], came: [], granted: 0, over: false, ended: !up }
    call.items = []
    this.flows.push(flow)
    const early = this.#host.notices.some(({ link, method, params }) => link === call.link && method === '$/stream/up' && (params as { id?: unknown } | undefined)?.id === call.id)
    if (up && early) {
      flow.wrong = 'it sends items before the server has granted any: wait for $/credit/up'
      this.#finish(flow, { error: { code: -32600, message: 'Invalid Request' } })
    } else if (up) void this.#grantUp(flow)
    if (down) this.#grant(flow, credit)
    return true
  }

  hear({ link, method, params }: Notice): void {
    const { id, credit, items, end, error } = (params ?? {}) as Record<string, unknown>
    const flow = this.flows.find((one) => one.link === link && one.call.id === id && !one.over)
    if (!flow) return
    if (method === '$/credit/down') this.#grant(flow, credit)
    else if (method === '$/cancelRequest') this.#finish(flow, { error: { code: -32800, message: 'Request cancelled' } })
    else if (method === '$/stream/up') this.#take(flow, items, end, error)
  }

  #grant(flow: Flow, credit: unknown): void {
    const whole = typeof credit === 'number' && Number.isInteger(credit) && credit > 0
    const sum = flow.credit + Number(credit)
    if (!whole) flow.wrong ??= `it grants ${JSON.stringify(credit)}: credit is a positive whole number`
    else if (sum > mostCredit) flow.wrong ??= `it has granted ${sum} items that were not sent: at most ${mostCredit} may be`
    if (flow.wrong !== undefined) return this.#finish(flow, { error: { code: -32600, message: 'Invalid Request' } })
    flow.credit = sum
    flow.grants.push(credit as number)
    this.#pump(flow)
  }

  #pump(flow: Flow): void {
    const { together = 1, fails, stray, breaks } = this.#host.manner.streaming ?? {}
    while (flow.credit > 0 && flow.next < flow.items.length && !flow.over) {
      if (fails && flow.next >= fails.after) return this.#finish(flow, { error: { code: fails.code, message: fails.message } })
      if (breaks !== undefined && flow.next >= breaks) return void flow.link.end()
      if (stray) void flow.link.send([message('$/stream/down', { id: typeof flow.call.id === 'number' ? flow.call.id + 1_000_000 : 'another', items: [-1] })])
      const count = Math.min(together, flow.credit, flow.items.length - flow.next, (fails?.after ?? Infinity) - flow.next, (breaks ?? Infinity) - flow.next)
      const items = flow.items.slice(flow.next, flow.next + count)
      flow.next += count
      flow.credit -= count
      flow.call.items!.push(...items)
      void flow.link.send([message('$/stream/down', { id: flow.call.id, items })])
    }
    if (flow.ended && flow.next === flow.items.length) {
      const up = flow.call.meta['stream'] === true
      const total = flow.came.reduce((sum: number, item) => sum + Number(item), 0)
      this.#finish(flow, { result: up && flow.call.meta['credit'] === undefined ? (flow.call.method === 'total' ? total : flow.came) : null })
    }
  }

  /** One item at first, and then nothing for a while: who sends more does not count. */
  async #grantUp(flow: Flow): Promise<void> {
    await this.#host.sleep(30)
    for (const credit of [1, 2, 100, 900, 10_000, 100_000]) {
      if (flow.over) return
      if (flow.came.length > flow.granted) return
      flow.granted += credit
      await flow.link.send([message('$/credit/up', { id: flow.call.id, credit })])
      await this.#host.sleep(30)
      if (flow.came.length < flow.granted) await this.#until(flow)
    }
  }

  /** Until what was granted has come; the caller of all this stops a client that hangs. */
  #until(flow: Flow): Promise<void> {
    return new Promise((done) => {
      flow.link.socket.on('close', () => done())
      this.#taken.push(() => {
        const all = flow.over || flow.ended || flow.came.length >= flow.granted
        if (all) done()
        return all
      })
    })
  }
  #taken: (() => boolean)[] = []

  #take(flow: Flow, items: unknown, end: unknown, error: unknown): void {
    if (Array.isArray(items)) flow.came.push(...(items as Json[]))
    if (flow.came.length > flow.granted) {
      flow.wrong ??= flow.granted === 0
        ? 'it sends items before the server has granted any: wait for $/credit/up'
        : `it has sent ${flow.came.length} items, and ${flow.granted} were granted`
    }
    if (end === true || error !== undefined) flow.ended = true
    if (flow.wrong !== undefined) this.#finish(flow, { error: { code: -32600, message: 'Invalid Request' } })
    else if (error !== undefined) this.#finish(flow, { error: { code: -32603, message: 'Internal error' } })
    else {
      if (flow.call.method === 'echo' && flow.call.meta['credit'] !== undefined) flow.items.push(...flow.came.slice(flow.items.length))
      this.#pump(flow)
    }
    this.#taken = this.#taken.filter((look) => !look())
  }

  /** What can be seen of a stream that did not come to its end. */
  stuck(): string | undefined {
    for (const flow of this.flows) {
      if (flow.wrong !== undefined) return flow.wrong
      if (flow.over) continue
      if (!flow.ended) return flow.came.length >= flow.granted ? 'it waits for credit that the server has not granted yet' : 'it does not end what it streams: the last $/stream/up says "end": true'
      if (flow.credit > 0 || flow.next === flow.items.length) continue
      return flow.grants.length > 1
        ? `it has granted ${flow.grants.reduce((a, b) => a + b)} items and no more, and waits for the next`
        : `it grants ${flow.grants[0]} items at first and never more: send $/credit/down as items are read`
    }
    return undefined
  }

  #finish(flow: Flow, answer: { result: Json } | { error: { code: number; message: string } }): void {
    if (flow.over) return
    flow.over = true
    flow.call.answer = answer
    void flow.link.send([JSON.stringify({ jsonrpc: '2.0', ...answer, id: flow.call.id })]).then(() => this.#host.streamed(flow.link))
  }
}

/** Bigger than any client needs; undefined when this method answers whole. */
function itemsOf({ method, params }: Call): Json[] | undefined {
  const short = (value: unknown) => (typeof value === 'number' ? Math.min(value, most) : value)
  const fewer = Array.isArray(params) ? params.map(short) : Object.fromEntries(Object.entries((params ?? {})).map(([name, value]) => [name, short(value)]))
  const answer = serve(method, fewer)
  return ['count', 'feed'].includes(method) && 'result' in answer ? (answer.result as Json[]) : undefined
}

function message(method: string, params: object): string {
  return JSON.stringify({ jsonrpc: '2.0', method, params })
}
