import type { Side } from '@rpc-steps/course'

/** What is known of a request, by what has been on the wire. */
interface Known {
  name: string
  asker: Side
  /** It has been read. */
  come: boolean
  /** Its cancel has been read, at an end where nobody was done with it. */
  cancelled: boolean
  replied: boolean
  /** The handler has begun; and it has ended. */
  begun: boolean
  done: boolean
  /** Items that its answer may have, as far as the answerer has read. */
  granted: number
  items: number
}

/** A message, as far as it matters here. */
interface Message {
  id?: number
  method?: string
  params?: { id?: number; items?: unknown[]; credit?: number; end?: true; error?: { code: number } }
  meta?: { timeoutMs?: number; credit?: number }
  result?: unknown
  error?: { code: number }
}

const otherOf = (side: Side): Side => (side === 'client' ? 'server' : 'client')

/** Watches what the two ends say, and names each message for a reader. What breaks a rule is told to `broken`. */
export class Wire {
  readonly #requests = new Map<string, Known>()
  readonly #broken: (rule: string, text: string) => void
  /** Milliseconds that a call still has, if it has an end. */
  readonly #left: (name: string) => number

  constructor(broken: (rule: string, text: string) => void, left: (name: string) => number) {
    this.#broken = broken
    this.#left = left
  }

  /** The request of this name, when it has been on the wire. */
  named(name: string): Known | undefined {
    return [...this.#requests.values()].find((known) => known.name === name)
  }

  /** Its handler has begun. */
  begins(name: string): void {
    const known = this.named(name)
    if (!known) return
    if (known.begun) this.#broken('run once', `${name} is run again`)
    known.begun = true
    if (known.cancelled) this.#broken('the cancelled is not run', `${name} is run, and its cancel was read before`)
  }

  left(from: Side, text: string): string {
    const message = JSON.parse(text) as Message
    const known = this.#find(from, message)
    if (message.method !== undefined && message.id !== undefined) return this.#requested(from, message)
    if (message.method === undefined) this.#replies(known, message)
    else if (message.method === '$/stream/down') this.#streams(known, message)
    return nameOf(message, known)
  }

  came(to: Side, text: string): string {
    const message = JSON.parse(text) as Message
    const known = this.#find(otherOf(to), message)
    if (known && message.method !== undefined) {
      if (message.id !== undefined) known.come = true
      else if (message.method === '$/credit/down') known.granted += message.params!.credit!
    }
    return nameOf(message, known)
  }

  /** What has come was read: a request that came together with its cancel has begun before that. */
  read(to: Side, text: string): void {
    const message = JSON.parse(text) as Message
    const known = this.#find(otherOf(to), message)
    if (known && message.method === '$/cancelRequest') known.cancelled ||= !known.done && !known.replied
  }

  #find(from: Side, { id, method, params }: Message): Known | undefined {
    const mine = method !== undefined && !['$/stream/down', '$/credit/up'].includes(method)
    return this.#requests.get(`${mine ? from : otherOf(from)} ${id ?? params?.id}`)
  }

  #requested(from: Side, message: Message): string {
    const { id, method: name = '', meta } = message
    const [key, cancelled] = [`${from} ${id}`, false]
    if (this.#requests.has(key)) this.#broken('an id is used once', `${name} has the id of another request`)
    const known = { name, asker: from, come: false, cancelled, replied: false, begun: false, done: false, granted: meta?.credit ?? 0, items: 0 }
    this.#requests.set(key, known)
    const left = this.#left(name)
    if (meta?.timeoutMs !== undefined && meta.timeoutMs > Math.max(0, Math.ceil(left))) {
      this.#broken('no more time than there is', `${name} is sent with ${meta.timeoutMs} ms, and has ${left} left`)
    }
    return nameOf(message, known)
  }

  #replies(known: Known | undefined, { result }: Message): void {
    if (!known?.come) return this.#broken('a reply to each request', 'a reply to nothing')
    if (known.replied) this.#broken('a reply to each request', `${known.name} is answered again`)
    if (known.cancelled && result !== undefined) {
      this.#broken('the cancelled has no result', `${known.name} has a result, and its cancel was read before it was done`)
    }
    known.replied = true
  }

  #streams(known: Known | undefined, { params }: Message): void {
    if (!known) return
    known.items += params?.items?.length ?? 0
    if (known.replied) this.#broken('nothing after the end', `items of ${known.name} leave after its reply`)
    if (known.items > known.granted) {
      this.#broken('no more than was granted', `${known.items} items of ${known.name} have left, and credit for ${known.granted} has come`)
    }
  }
}

function nameOf({ method, params, meta, error, id }: Message, known: Known | undefined): string {
  const name = known?.name ?? String(params?.id ?? id)
  if (method === undefined) return error ? `reply ${name}: ${error.code}` : `reply ${name}`
  if (id !== undefined) {
    const beside = [meta?.timeoutMs === undefined ? '' : `${meta.timeoutMs} ms`, meta?.credit === undefined ? '' : `credit ${meta.credit}`]
    const text = beside.filter((part) => part !== '').join(', ')
    return `request ${name}${text && `, ${text}`}`
  }
  if (method === '$/cancelRequest') return `cancel ${name}`
  if (method.startsWith('$/credit/')) return `credit ${params!.credit} for ${name}`
  if (!method.startsWith('$/stream/')) return method
  const last = params!.error ? `error ${params!.error.code}` : 'end'
  return params!.items ? `${name}: ${params!.items.join(' ')}` : `${name}: ${last}`
}
