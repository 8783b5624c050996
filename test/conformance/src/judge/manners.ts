import type { Json } from '@rpc-steps/wire'
import type { Call, Manner, Unit, Write } from './manner.ts'
import type { Answer } from './service.ts'
import { serve } from './service.ts'

// Servers that are right, each in one way of its own, and some that are wrong on purpose.

const apart = 15

/** Writes in pieces that end at these places, with a pause between them in which each is read alone. */
export function cutAt(places: (header: number, all: number) => number[]): Manner {
  return {
    writes(bytes) {
      const header = bytes.indexOf('\r\n\r\n') + 4
      const cuts = [...new Set([0, ...places(header, bytes.length), bytes.length])].sort((a, b) => a - b)
      return cuts.slice(1).flatMap((end, i): Write[] => [...(i > 0 ? [apart] : []), bytes.subarray(cuts[i], end)])
    },
  }
}

/** Each byte in a write of its own. Where a reader is most likely to be wrong, it waits until that was read. */
export const everyByteAlone: Manner = {
  writes(bytes) {
    const header = bytes.indexOf('\r\n\r\n') + 4
    const pauses = new Set([3, header - 3, header - 1, header, header + 1, bytes.length - 1])
    return Array.from(bytes, (_, i) => i).flatMap((i): Write[] => [...(pauses.has(i) ? [apart] : []), bytes.subarray(i, i + 1)])
  },
}

const note = (text: string) => JSON.stringify({ jsonrpc: '2.0', method: '$/note', params: { text } })

/** A notification first: alone, or in one write with the reply. */
export function noteFirst(text: string, together: boolean): Manner {
  return {
    messages: (_, reply) => [note(text), reply],
    ...(together ? {} : { writes: (bytes) => oneByOne(bytes) }),
  }
}

/** Frames that were joined, each in a write of its own. */
export function oneByOne(bytes: Buffer): Write[] {
  const writes: Write[] = []
  for (let at = 0; at < bytes.length; ) {
    const headerEnd = bytes.indexOf('\r\n\r\n', at) + 4
    const length = Number(/content-length: *(\d+)/i.exec(bytes.toString('latin1', at, Math.max(at, headerEnd)))?.[1])
    const lineEnd = bytes.indexOf('\n', at) + 1
    const end = headerEnd < 4 || Number.isNaN(length) ? lineEnd || bytes.length : headerEnd + length
    writes.push(...(at > 0 ? [apart] : []), bytes.subarray(at, end))
    at = end
  }
  return writes
}

/** The same result with other texts and numbers in it: its kind stays as it is. */
export function changed(value: Json, text: (s: string) => string, number: (n: number) => number): Json {
  if (typeof value === 'string') return text(value)
  if (typeof value === 'number') return number(value)
  if (Array.isArray(value)) return value.map((item) => changed(item, text, number))
  return value
}

/** Changes results; errors stay. */
export function results(change: (value: Json) => Json): Manner {
  return { answer: (_, answer) => ('result' in answer ? { result: change(answer.result) } : answer) }
}

/** Nothing, of the kind that this result is: no number, no text, no items. */
export function empty(value: Json): Json {
  if (typeof value === 'number') return 0
  if (typeof value === 'string') return ''
  return Array.isArray(value) ? [] : value
}

/** The members the other way round. */
export const otherOrder: Manner = { json: (reply) => JSON.stringify(Object.fromEntries(Object.entries(reply).reverse())) }
/** With white space wherever it may be; in a line, without line ends. */
export function spaced(reply: object, oneLine: boolean): string {
  const text = JSON.stringify(reply, undefined, 2)
  return oneLine ? text.replace(/\n\s*/g, '  ') : `\r\n${text.replaceAll('\n', '\r\n')}\r\n`
}
/** A letter of each text as its number. */
export const escapes: Manner = {
  json: (reply) => JSON.stringify(reply).replace(/(?<=[:[,]")([A-Za-z])(?!sonrpc|esult|rror|d")/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
}
export const lineEndInside: Manner = { json: (reply) => `${JSON.stringify(reply)}\n` }

/** White space in the reply, so that it has about this many bytes. */
export function longAs(bytes: number): Manner {
  return { json: (reply) => `${JSON.stringify(reply)}${' '.repeat(bytes)}` }
}

/** An id that the client has never used, of the same type as its own. */
export function unknownId(call: Call): unknown {
  return typeof call.id === 'number' ? call.id + 1_000_000 : 'never asked'
}

/** A result of the same kind that is not the answer. */
function falseResult(answer: Answer): Json {
  return 'result' in answer ? changed(answer.result, (s) => `not ${s}`, (n) => n + 7777) : 7777
}

/** Before each reply one to a question that nobody has asked. */
export const unknownFirst: Manner = {
  messages({ calls: [call] }, reply) {
    const answer = { jsonrpc: '2.0', result: falseResult(call!.answer!), id: unknownId(call!) }
    return [JSON.stringify(answer), reply]
  },
  writes: oneByOne,
}

/** The first answer comes twice at once, and each again before the next one. */
export function again(): Manner {
  let before: string | undefined
  return {
    messages(_, reply) {
      const messages = [before ?? reply, reply]
      before = reply
      return messages
    },
  }
}

/** Asks the client something before it answers, with this id, and gives it time for an answer. */
export function asksFirst(id: (call: Call) => unknown, ms: number): Manner {
  return {
    messages({ calls: [call], link }, reply) {
      // Who has said all can answer nothing.
      if (link.ended) return [reply]
      link.host.asked.push(id(call!))
      return [JSON.stringify({ jsonrpc: '2.0', method: 'get_data', id: id(call!) }), reply]
    },
    writes: (bytes) => oneByOne(bytes).map((write) => (typeof write === 'number' ? ms : write)),
  }
}

export const refusal = { code: -32055, message: 'The café is closed', data: { until: 'morning' } }

/** An error instead of a result: for the first call, or for all. */
export function refuses(all: boolean): Manner {
  const seen = new WeakMap<object, boolean>()
  let first = true
  return {
    answer(call, answer) {
      if (!seen.has(call)) {
        seen.set(call, all || first)
        first = false
      }
      return seen.get(call) ? { error: refusal } : answer
    },
  }
}

/** Answers the first units, as many as are said, and does something else with those after them. */
export function endsWith(answered: number, last: (unit: Unit) => Promise<void> | void): Manner {
  return { instead: (unit) => (unit.nth < answered ? unit.link.host.reply(unit) : last(unit)) }
}

/** The reply that this unit would get, as bytes; with another length in its header, if one is given. */
export function replyBytes({ link, calls: [call] }: Unit, length?: (bytes: number) => string): Buffer {
  const body = JSON.stringify({ jsonrpc: '2.0', ...serve(call!.method, call!.params), id: call!.id })
  if (link.lines) return Buffer.from(`${body}\n`)
  const bytes = Buffer.byteLength(body)
  return Buffer.from(`Content-Length: ${length?.(bytes) ?? bytes}\r\n\r\n${body}`)
}

/** Writes something instead of the answer, then ends the connection. */
export function says(bytes: (unit: Unit) => Buffer, what: string): Manner {
  return endsWith(0, async (unit) => {
    const written = bytes(unit)
    unit.link.host.log.push(`--> ${written.toString('latin1').slice(0, 200)}`)
    await unit.link.write([written])
    await unit.link.end(what)
  })
}
