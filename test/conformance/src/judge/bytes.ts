import { isUtf8 } from 'node:buffer'
import { JsonSyntaxError, readJson } from '../json.ts'
import type { Node } from '../json.ts'
import { pages } from './pages.ts'

/** One message of the client's, and where it stands among its bytes. */
export interface Sent {
  readonly at: number
  readonly bodyAt: number
  readonly end: number
  readonly value: unknown
  /** The same with the places of its parts: in bytes, from `bodyAt` on. */
  readonly node: Node
}

/** Something wrong in what the client has sent. */
export interface Fault {
  /** The first byte that is wrong. */
  readonly at: number
  readonly says: string
  readonly cause: string
  readonly expected: readonly string[]
  readonly page: string
}

/** Who begins with a bracket speaks JSON lines; a header begins with a letter. */
export function speaksLines(bytes: Buffer): boolean {
  return /^[{[]/.test(bytes.toString('latin1', 0, 1))
}

/** The next whole message from `at` on; undefined when it is not whole, or none at all: `whyNot` says which. */
export function nextMessage(bytes: Buffer, at: number, lines: boolean): Sent | undefined {
  let bodyAt = at
  let end = lines ? bytes.indexOf('\n', at) + 1 : 0
  if (!lines) {
    const header = headerAt(bytes, at)
    if (!header || 'says' in header) return undefined
    ;({ bodyAt } = header)
    end = bodyAt + header.length
  }
  if (end === 0 || end > bytes.length) return undefined
  const body = bytes.subarray(bodyAt, end)
  if (!isUtf8(body)) return undefined
  try {
    return { at, bodyAt, end, value: JSON.parse(body.toString()), node: readJson(body.toString('latin1')) }
  } catch {
    return undefined
  }
}

type Wrong = Pick<Fault, 'at' | 'says' | 'cause'>

/** A header that is whole; what is wrong with it; or undefined when more of it must come. */
function headerAt(bytes: Buffer, at: number): { bodyAt: number; length: number } | Wrong | undefined {
  const text = bytes.toString('latin1', at, at + 8192)
  const wrong = strangeStart(text) ?? wrongLines(text)
  if (wrong) return { ...wrong, at: at + wrong.at }
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  let length: number | undefined
  let lineAt = 0
  for (const line of text.slice(0, end).split('\r\n')) {
    const field = /^([^\s:]+):[ \t]*(.*?)[ \t]*$/.exec(line)
    if (!field) return { at: at + lineAt, says: 'this is no header line', cause: `"${line}" is no header line: a name, a colon and a value` }
    if (field[1]!.toLowerCase() === 'content-length') {
      if (!/^\d+$/.test(field[2]!)) {
        const valueAt = at + lineAt + line.indexOf(field[2]!, field[1]!.length)
        return { at: valueAt, says: 'digits, and nothing else', cause: `the length is written "${field[2]}"; it takes digits and nothing else` }
      }
      length = Number(field[2])
    }
    lineAt += line.length + 2
  }
  if (length !== undefined) return { bodyAt: at + end + 4, length }
  const first = text.slice(0, text.indexOf('\r\n')).split(':')[0]
  return { at, says: 'no Content-Length in this header', cause: `the header has no Content-Length; it says "${first}"` }
}

/** What is not even the beginning of a header. */
function strangeStart(text: string): Wrong | undefined {
  if (text.startsWith('\xef\xbb\xbf')) return { at: 0, says: 'a byte order mark', cause: 'a byte order mark (EF BB BF) comes first: write UTF-8 without it' }
  if (/^(\xff\xfe|\xfe\xff|.\0|\0C)/s.test(text) && /\0[A-Za-z]|[A-Za-z]\0/.test(text)) {
    return { at: 0, says: 'two bytes a character', cause: 'the text is written as UTF-16, two bytes a character: write UTF-8' }
  }
  if (/^\x16\x03/.test(text)) return { at: 0, says: 'the beginning of TLS', cause: 'it speaks TLS: the server here does not' }
  const http = /^[A-Z]+ \S+ HTTP\/[\d.]+/.exec(text)
  if (http) return { at: 0, says: 'a request of HTTP', cause: `it speaks HTTP ("${http[0]}"): there is no request line here, only Content-Length, an empty line and the body` }
  const sign = /^[\s\0]+/.exec(text)?.[0]
  if (sign === undefined) {
    if (!/^[\x80-\xff\x01-\x1f]/.test(text)) return undefined
    return { at: 0, says: 'no letter of a header', cause: 'this byte begins no header; is the length sent as a number in binary? It is written in digits, in a header line' }
  }
  if (/^\0/.test(text)) {
    const prefix = text.length > 4 && /^[{[]/.test(text.slice(4))
    const cause = prefix
      ? 'the length is sent as four bytes in binary: write it in digits, as Content-Length: N, CR LF, CR LF'
      : 'a zero byte stands between messages: the end of a C string, sent with it and not counted'
    return { at: 0, says: 'a zero byte', cause }
  }
  return { at: 0, says: 'a frame begins with its header', cause: `${/[\r\n]/.test(sign) ? 'a line end' : 'white space'} stands before the header` }
}

/** Line ends that are none, and the empty line that is missing. */
function wrongLines(text: string): Wrong | undefined {
  const end = text.indexOf('\r\n\r\n')
  const bracket = text.search(/[{[]/)
  const header = text.slice(0, end >= 0 ? end : bracket >= 0 ? bracket : undefined)
  const lf = header.search(/(?<!\r)\n/)
  if (lf >= 0) return { at: lf, says: 'LF without CR before it', cause: 'a header line ends in LF (\\n) alone: it must end in CR LF (\\r\\n)' }
  const cr = header.search(/\r(?!\n)./s)
  if (cr >= 0) return { at: cr, says: 'CR without LF behind it', cause: 'a header line ends in CR (\\r) alone: it must end in CR LF (\\r\\n)' }
  if (end >= 0 || bracket < 0) return undefined
  if (/\r\n$/.test(header)) return { at: bracket, says: 'an empty line must come first', cause: 'the empty line between header and body is missing: the header ends in CR LF CR LF' }
  if (/\\r|\\n/.test(header)) return { at: header.search(/\\[rn]/), says: 'a backslash and a letter', cause: 'the line ends are sent as backslash and letter, not as the two bytes CR LF' }
  return { at: bracket, says: 'CR LF CR LF must come first', cause: 'the header does not end in CR LF CR LF before the body begins' }
}

/** A header that our server reads, and other readers may not. */
export function headerFault(bytes: Buffer, { at, bodyAt }: Sent): Fault | undefined {
  const header = bytes.toString('latin1', at, bodyAt)
  const wrong = (offset: number, says: string, cause: string): Fault => ({ at: at + offset, says, cause, expected: ['Content-Length: N\\r\\n\\r\\n, then N bytes of JSON'], page: pages.written })
  if (/^Content-Length: \d/.test(header)) return undefined
  const name = /^[^:]*/.exec(header)![0]
  if (name.toLowerCase() !== 'content-length') return wrong(0, 'Content-Length must come first', `"${name}" stands before Content-Length: write that first, since some readers take nothing else`)
  if (name !== 'Content-Length') return wrong(0, 'Content-Length must stand here', `the header name is written "${name}": write Content-Length, in these capitals, since some readers take nothing else`)
  return wrong(name.length + 1, 'one space must stand here', 'one space, no more and no less, stands between the colon and the length, since some readers take nothing else')
}

/**
 * What is wrong with the bytes from `at` on, which are no message: looked at when no more will come.
 * Undefined when there are none.
 */
export function whyNot(bytes: Buffer, at: number, lines: boolean): Fault | undefined {
  if (bytes.length <= at) return undefined
  const fault = (wrong: Wrong, expected: readonly string[] = ['Content-Length: N\\r\\n\\r\\n, then N bytes of JSON']): Fault => ({ ...wrong, expected, page: pages.written })
  if (lines) return lineFault(bytes, at, fault)
  const header = headerAt(bytes, at)
  if (!header) {
    const rest = bytes.toString('latin1', at)
    const afterOne = at > 0 && !/^c/i.test(rest)
    if (afterOne) return fault({ at, says: 'no frame begins so', cause: 'what follows the last message is no frame: a body longer than its Content-Length, or text that is no message' })
    return fault({ at: bytes.length, says: 'nothing more came', cause: 'the header is not finished: an empty line (CR LF CR LF) must end it' })
  }
  if ('says' in header) {
    // What stands behind a body may be its line end.
    const before = at > 0 && /^\r?\n/.test(bytes.toString('latin1', at, at + 2))
    return fault(before ? { ...header, cause: 'a line end is sent after the body and not counted in Content-Length: leave it out' } : header)
  }
  const { bodyAt, length } = header
  const here = bytes.subarray(bodyAt)
  const encoding = encodingFault(here.toString('latin1', 0, 4), bodyAt)
  if (encoding) return fault(encoding)
  const end = jsonEnd(here)
  const wrongLength = end !== undefined && end !== length ? lengthFault(here, end, length, bodyAt - at) : undefined
  if (wrongLength) return fault({ ...wrongLength, at: bodyAt + wrongLength.at }, [`Content-Length: ${end}`])
  if (here.length < length) {
    const says = `${length} bytes are announced, and ${here.length} came`
    return fault({ at: bytes.length, says, cause: `Content-Length says ${length}, and only ${here.length} bytes of body came: was all of it written?` })
  }
  const next = here.indexOf('Content-Length: ')
  if (next === 0) return fault({ at: bodyAt, says: 'the next message begins here', cause: 'two messages are written into each other: header and body of one go out in one write, or under one lock' })
  // The length may end inside the next header.
  if (next > 0 && next < length) {
    return fault({ at: bodyAt + next, says: 'the next message begins here', cause: `Content-Length says ${length}, and the next message begins after ${next} bytes: not all of the body is written, or more is counted than is sent` })
  }
  return fault(bodyFault(here.subarray(0, length), bodyAt))
}

function lineFault(bytes: Buffer, at: number, fault: (wrong: Wrong, expected?: string[]) => Fault): Fault {
  const end = bytes.indexOf('\n', at)
  if (end >= 0) return fault(bodyFault(bytes.subarray(at, end), at), ['a JSON text on one line'])
  return fault({
    at,
    says: 'a header must come first',
    cause: 'it sends JSON without a frame: there is no Content-Length header before it, and no line end behind it',
  })
}

/** Where the first JSON text ends, going by its brackets; undefined when it does not. */
function jsonEnd(bytes: Buffer): number | undefined {
  let depth = 0
  let inString = false
  for (let i = 0; i < bytes.length; i++) {
    const char = String.fromCharCode(bytes[i]!)
    if (inString) {
      if (char === '\\') i++
      else if (char === '"') inString = false
    } else if (char === '"') inString = true
    else if (char === '{' || char === '[') depth++
    else if ((char === '}' || char === ']') && --depth === 0) return i + 1
    if (depth === 0 && !inString && !/\s/.test(char)) return undefined
  }
  return undefined
}

/** Why the length that was announced is not that of the text that came. */
function lengthFault(bytes: Buffer, end: number, length: number, header: number): Wrong | undefined {
  const text = bytes.toString('utf8', 0, end)
  const at = Math.min(length, end)
  const says = `Content-Length says ${length}, but this body has ${end} bytes`
  if (length > end && /^\s*[{[]/.test(bytes.toString('latin1', end, length))) return { at: end, says: 'another message', cause: 'a frame has more than one JSON text in it: each message has a frame of its own' }
  if (length > end && /^\s*$/.test(bytes.toString('latin1', end, length)) && bytes.length >= length) return undefined
  if (end > text.length && [text.length, [...text].length].includes(length)) {
    return { at, says, cause: `the length is counted in characters (${length}), not in bytes of UTF-8 (${end})` }
  }
  if (bytes[end] === 0 && length === end + 1) return { at: end, says: 'a zero byte', cause: 'the zero byte at the end of a C string is sent and counted: leave it out' }
  if (length - end === 1 || length - end === 2) {
    return { at, says, cause: `the length is ${length - end} too large: a line end or a zero byte is counted that is not sent` }
  }
  if (length === end + header) return { at, says, cause: 'the length counts the header, too: it is that of the body alone' }
  const others = otherLengths(text)
  if (others.includes(length)) return { at, says, cause: `the length (${length}) is that of the same JSON written in another way: encode once, then count and send that (${end})` }
  return { at, says, cause: `Content-Length is wrong: it says ${length}, and the body has ${end} bytes` }
}

/** How long the same JSON is with other white space, or without its outermost parts. */
function otherLengths(text: string): number[] {
  try {
    const value = JSON.parse(text) as { params?: unknown }
    const compact = JSON.stringify(value)
    const spaced = JSON.stringify(value, undefined, 1).replace(/\n\s*/g, ' ').replace(/([{[]) | ([}\]])/g, '$1$2')
    const ascii = (s: string) => s.replace(/[^\0-\x7f]/g, () => '\\uffff').length
    return [compact, spaced, JSON.stringify(compact), JSON.stringify(value.params ?? null)].flatMap((s) => [Buffer.byteLength(s), ascii(s)])
  } catch {
    return []
  }
}

/** What the first bytes of a body tell of its encoding. */
function encodingFault(start: string, at: number): Wrong | undefined {
  if (start.startsWith('\xef\xbb\xbf')) return { at, says: 'a byte order mark', cause: 'the JSON begins with a byte order mark (EF BB BF): write UTF-8 without it' }
  if (/^(\xff\xfe|\xfe\xff|\0[{[]|[{[]\0)/.test(start)) return { at, says: 'two bytes a character', cause: 'the JSON is written as UTF-16, two bytes a character: write UTF-8' }
  return undefined
}

/** What is wrong with a body that is no JSON. */
function bodyFault(body: Buffer, at: number): Wrong {
  const latin1 = body.toString('latin1')
  if (!isUtf8(body)) {
    const first = firstNotUtf8(body)
    const char = String.fromCharCode(body[first]!)
    return { at: at + first, says: 'this byte is no UTF-8', cause: `the JSON is not UTF-8: "${char}" is sent as one byte, as in Latin-1` }
  }
  const text = body.toString()
  try {
    readJson(latin1)
    return { at, says: 'a member is there twice', cause: 'a member of this JSON is there twice' }
  } catch (error) {
    const wrongAt = error instanceof JsonSyntaxError ? error.at : 0
    return { at: at + wrongAt, says: (error as Error).message, cause: jsonCause(text, latin1.slice(wrongAt)) }
  }
}

function jsonCause(text: string, rest: string): string {
  const inside = /\{\s*'|: ?'/.test(text) || rest.startsWith("'")
  if (inside) return "the body is no JSON: it has single quotes, as Python shows a dict; a JSON library writes it (json.dumps)"
  const word = /^(None|True|False|nil|undefined|NaN|Infinity)/.exec(rest)?.[0]
  if (word !== undefined) return `the body is no JSON: "${word}" is no word of JSON`
  if (/^\{\w+=/.test(text)) return 'the body is no JSON: it is how the language shows a map; a JSON library writes it'
  if (/^\{\s*\w/.test(text)) return 'the body is no JSON: the names of members stand in double quotes'
  if (/^[}\]]/.test(rest)) return 'the body is no JSON: a comma stands before a closing bracket'
  if (/^\0/.test(rest)) return 'the body ends in a zero byte, that of a C string, and counts it: leave it out'
  if (/^[{[]/.test(rest)) return 'a frame has more than one JSON text in it: each message has a frame of its own'
  if (rest === '' && text.trim() === '') return 'the body is empty'
  if (rest === '') return 'the body ends before its JSON does: the length is too small, or not all of it was written'
  if (/^[\n\r\t]/.test(rest)) return 'the body is no JSON: a line end or a tab in a string must be escaped (\\n, \\t)'
  return 'the body is no JSON'
}

function firstNotUtf8(body: Buffer): number {
  let low = 0
  // The first byte of the first character that cannot be: up to there, all of it is good.
  while (low < body.length) {
    const size = [1, 2, 3, 4].find((n) => isUtf8(body.subarray(low, low + n)))
    if (size === undefined || low + size > body.length) return low
    low += size
  }
  return 0
}
