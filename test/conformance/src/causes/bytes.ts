import { isUtf8 } from 'node:buffer'
import { JsonSyntaxError, readJson } from '../json.ts'

/** The likely cause of a failure, in a sentence, and the section to read. */
export interface Cause {
  readonly says: string
  /** Left out: the section that the case names. */
  readonly page?: string
}

const written = 'docs/wire.md#how-a-frame-is-written'
const write = (says: string): Cause => ({ says, page: written })

/**
 * Why these bytes, from the first of a message on, are no frame with JSON in it; undefined when they
 * are one, or may be the beginning of one. Knows nothing of who wrote them.
 */
export function causeOfBytes(bytes: Buffer): Cause | undefined {
  const text = bytes.toString('latin1')
  return causeOfStart(text) ?? causeOfHeader(text) ?? causeOfLength(bytes)
}

function causeOfStart(text: string): Cause | undefined {
  if (text.startsWith('\xef\xbb\xbf')) return write('A byte order mark (EF BB BF) stands before the header: write UTF-8 without one.')
  if (/^(\0\0.|[^\0]\0\0).?[^]?[{\[]/s.test(text)) return write('The length is written as a binary number: write it in digits, as "Content-Length: N", CR LF and an empty line.')
  if (/^(\0.|.\0|\xff\xfe|\xfe\xff)/s.test(text)) return write('This is written in UTF-16: header and body are UTF-8.')
  if (/^HTTP\/\d/.test(text)) return write('This is HTTP: the frame goes on the plain socket, without HTTP around it.')
  if (/^b['"]/.test(text)) return write('This is how Python prints bytes, b\'...\': send the bytes themselves, or encode the text before it is sent.')
  const blank = /^\s+/.exec(text)?.[0]
  if (blank !== undefined) {
    return write(`${blank.includes('\n') ? 'A line end' : 'White space'} stands before the header: the message before has it behind its body, and its Content-Length does not count it.`)
  }
  if (/^[{[]/.test(text)) {
    if (/^.*[\]}]\s*Content-Length: \d+\r\n/.test(text)) return write('The header stands behind the JSON: it stands before it, and the empty line between them.')
    const line = /^[^\n]*\n/.test(text) ? ', as a line,' : ''
    return write(`The message is written${line} without a header: "Content-Length: N", CR LF and an empty line stand before the JSON.`)
  }
  return undefined
}

function causeOfHeader(text: string): Cause | undefined {
  const [, name = '', before = '', space = '', value = '', end = '', rest = ''] =
    /^([^:\r\n]*?)([ \t]*):([ \t]*)([^\r\n]*)(\r\n|\n|\r|$)([^]*)$/.exec(text) ?? []
  if (name === '') return 'Content-Length: '.startsWith(text) ? undefined : noFrame(text)
  if (/^content-length$/i.test(name)) {
    if (name !== 'Content-Length') return write(`The header is spelled "${name}": write "Content-Length", since some readers take no other spelling.`)
    if (before !== '') return write('White space stands between "Content-Length" and its colon.')
    if (/\\r|\\n/.test(value)) return write('The line end is written as a backslash and a letter: send the bytes 13 and 10 (in a string that knows escapes).')
    if (end === '') return undefined
    if (space !== ' ') return write(`Between "Content-Length:" and the number ${space === '' ? 'a space is missing' : 'stands more than one space'}: write exactly one.`)
    if (!/^\d+$/.test(value)) return write(`The length is "${value}": it must be digits only.`)
    return causeOfLineEnds(end, rest)
  }
  if (/^[\w-]+$/.test(name) && /(^|\n)content-length:/i.test(rest)) {
    return write(`"${name}" stands before the length: write Content-Length first, since some readers look for it there.`)
  }
  if (/length/i.test(name) && /^\d+$/.test(value.trim())) return write(`The header is called "${name}": it is "Content-Length".`)
  return noFrame(text)
}

function noFrame(text: string): Cause {
  const line = /^[^\r\n]{0,60}/.exec(text)![0]
  return write(`"${line}" is no frame: nothing but frames may be written to the connection; a greeting or a line for debugging goes to stderr.`)
}

/** Of the end of the first line, and what comes behind it. */
function causeOfLineEnds(end: string, rest: string): Cause | undefined {
  const lineFeed = 'A line of the header ends in LF (byte 10) alone: it must end in CR LF, bytes 13 and 10.'
  if (end === '\n') return write(lineFeed)
  if (end === '\r' && rest.startsWith('\r\n')) return write('A line of the header ends in CR CR LF: where a stream of text makes CR LF of each LF, write LF, or better write bytes.')
  if (end === '\r') return rest === '' ? undefined : write('A line of the header ends in CR (byte 13) alone: it must end in CR LF, bytes 13 and 10.')
  if (/^\s*[{["]/.test(rest) && !rest.startsWith('\r\n')) {
    return write(rest.startsWith('\n') ? lineFeed : 'The empty line between the header and the body is missing: after the last field come CR LF CR LF.')
  }
  if (rest.startsWith('\n') || /[^\r]\n[^]*?\r?\n\r?\n/.test(rest.slice(0, Math.max(rest.search(/\r?\n\r?\n/), 0) + 4))) return write(lineFeed)
  const field = /^(?!\r?\n)([^:\r\n]*)\r\n/.exec(rest)?.[1]
  return field === undefined ? undefined : write(`"${field}" in the header is no "Name: value".`)
}

/** Of a header that is right, and a body that is not as it says. */
function causeOfLength(bytes: Buffer): Cause | undefined {
  const text = bytes.toString('latin1')
  const at = text.indexOf('\r\n\r\n') + 4
  const says = Number(/^Content-Length: (\d+)\r\n/.exec(text)?.[1])
  if (at < 4 || Number.isNaN(says)) return undefined
  const body = bytes.subarray(at)
  if (isUtf16(body)) return utf16
  if (body[0] === 0) return write('A zero byte, which ends a text in C, stands between the header and the body: send as many bytes of the header as strlen says.')
  const next = body.indexOf('Content-Length: ')
  if (next === 0) return write('Where a body must begin, another message does: two answers are written into each other. Header and body of one go out in one write, or under one lock.')
  if (next > 0 && next < says && endOfJson(body.toString('latin1', 0, next)) === undefined) return write(`The message breaks off: Content-Length says ${says}, and the next message begins after ${next} bytes. Either not all of it is written, or two answers are written into each other: one write, or one lock.`)
  const spoiled = causeOfText(body.subarray(0, says))
  const length = endOfJson(body.toString('latin1'))
  if (spoiled && (length === undefined || length === says || !isUtf8(body.subarray(0, length)))) return spoiled
  if (length !== undefined && length > says && /^\r?\n/.test(body.toString('latin1', 0, 2))) {
    return write('One empty line too many stands between the header and the body: the body begins right behind CR LF CR LF.')
  }
  if (length === undefined) {
    return body.length < says ? write(`The message breaks off: Content-Length says ${says}, and only ${body.length} bytes of it came.${body.length > 4000 ? ' One call of send() may take only a part of what it is given: go on with the rest (sendall).' : ''}`) : causeOfJson(body.subarray(0, says))
  }
  if (length > says) return tooShort(body.subarray(0, length).toString(), says, length)
  const over = body.subarray(length, says).toString('latin1')
  if (says > length && (body.length < says || over.trim() !== '')) return tooLong(body.subarray(0, length), says, at, over)
  return spoiled ?? causeOfJson(body.subarray(0, says))
}

function tooShort(json: string, says: number, length: number): Cause {
  const counts = `Content-Length says ${says}, and the JSON has ${length} bytes`
  const unspaced = compact(json)
  if ([...json].length === says) return write(`${counts}: it has ${says} characters. The length counts bytes, not characters.`)
  if (json.length === says) return write(`${counts}: it has ${says} UTF-16 units, which is what some languages call the length of a text. The length counts bytes.`)
  if (unspaced !== undefined && (Buffer.byteLength(unspaced) === says || unspaced.length === says)) {
    return write(`${counts}: the length is of the same JSON without white space. Count the bytes that you send.`)
  }
  return write(`${counts}: ${length - says} too few. Count the bytes of the text that you send.`)
}

function tooLong(json: Buffer, says: number, header: number, over: string): Cause {
  const more = says - json.length
  const counts = `Content-Length says ${says}, and the JSON has ${json.length} bytes`
  const text = json.toString()
  if (/^\0{2}/.test(over)) return write(`${counts}: ${more} zero bytes follow it. A whole buffer is sent, and not only what was written into it.`)
  if (/^\0+/.test(over)) return write(`${counts}: a zero byte, which ends a text in C, is sent with it.`)
  if (says === header + json.length) return write(`${counts}: the header is counted as well. It is the length of the body alone.`)
  if (text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).length === says && !/^[\0-\x7f]*$/.test(text)) {
    return write(`${counts}: the length is of the text with \\u escapes, and the text is sent without. Count the bytes that you send.`)
  }
  if (!isUtf8(json) && Buffer.byteLength(json.toString('latin1')) === says) {
    return write(`${counts}: the length is of the text in UTF-8, and it is sent in another encoding (Latin-1). Encode it once, and count and send these bytes.`)
  }
  if (more === 1) return write(`${counts}: one more, as if a line end behind the body were counted and not sent.`)
  if (more === 2) return write(`${counts}: two more, as if CR LF behind the body were counted and not sent.`)
  return write(`${counts}: ${more} too many, so the reader waits for more, or takes the next message for a part of this one.`)
}

const utf16 = write('The body is written in UTF-16: it is UTF-8.')
const isUtf16 = (body: Buffer) => /^(\xff\xfe|\xfe\xff|\0[^\0]\0[^\0]|[^\0]\0[^\0]\0)/s.test(body.toString('latin1', 0, 4))

/** Of a body whose bytes are no UTF-8 text, or begin with what is no JSON. */
function causeOfText(body: Buffer): Cause | undefined {
  if (body.subarray(0, 3).equals(Buffer.of(0xef, 0xbb, 0xbf))) return write('A byte order mark (EF BB BF) stands before the JSON: write UTF-8 without one.')
  if (isUtf8(body)) return undefined
  const at = firstNotUtf8(body)
  const byte = body[at]!.toString(16).toUpperCase().padStart(2, '0')
  // A length that ends inside a character is a matter of the length.
  if (body.length - at < 4 && isUtf8(body.subarray(0, at)) && body[at]! >= 0xc2 && body.subarray(at + 1).every((b) => b >= 0x80 && b < 0xc0)) return undefined
  return write(`The body is not UTF-8: byte ${byte} at ${at} is how ${body[at]! >= 0xc0 ? `Latin-1 writes "${String.fromCharCode(body[at]!)}"` : 'another encoding writes a letter'}. Encode the text as UTF-8.`)
}

function firstNotUtf8(body: Buffer): number {
  let [good, bad] = [0, body.length]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    // A cut may fall inside a good character: look a little back.
    if ([0, 1, 2, 3].some((back) => isUtf8(body.subarray(0, middle - back)))) good = middle
    else bad = middle
  }
  for (let at = Math.max(bad - 5, 0); at < body.length; at++) if (body[at]! >= 0x80 && !isUtf8(body.subarray(0, at + 1)) && ![2, 3, 4].some((n) => isUtf8(body.subarray(0, at + n)))) return at
  return bad - 1
}

function causeOfJson(body: Buffer): Cause | undefined {
  const text = body.toString()
  if (/^\s*(\{|\[)?\s*'/.test(text)) return write("The body is how Python prints a dict, with ' for quotes: JSON has \" (json.dumps makes it).")
  if (/^b['"]/.test(text)) return write('The body is how Python prints bytes, b\'...\': send the bytes themselves, or encode the text once.')
  const printed = /^(#<\w+|map\[|&?\{\w+:|&?\w+\.\w+\{|HASH\(0x|\[object Object|\{:?\w+\s*=>?|\{"\w+"\s*=>)/.exec(text)?.[0]
  if (printed !== undefined) return write(`The body is how the language prints an object ("${text.slice(0, 20)}"): make JSON of it first.`)
  try {
    const node = readJson(text)
    if (node.kind !== 'string' || !/^\s*[{[]/.test(node.value)) return undefined
    return write('The body is a JSON text inside a JSON string: it was encoded twice.')
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) return undefined
    const word = /^\W?(True|False|None|NaN|Infinity|-Infinity|undefined|nil)\b/.exec(text.slice(error.at))?.[1]
    if (word !== undefined) return write(`"${word}" is no JSON: it has true, false, null and finite numbers.`)
    if (text.length > 1 && error.at >= text.length) return write(`The JSON breaks off after ${body.length} bytes, and the length says no more: is a buffer too small for the answer?`)
    if (text.trim() === '') return write('The body is empty: a message is a JSON text, and what gets no reply gets no frame.')
    return write(`The body is not JSON: ${error.message} (byte ${Buffer.byteLength(text.slice(0, error.at))} of it).`)
  }
}

/** Where the first array or object ends, in bytes; undefined when it does not. */
function endOfJson(text: string): number | undefined {
  let depth = 0
  let inString = false
  const start = /^(\xef\xbb\xbf)?\s*(?=[{[])/.exec(text)?.[0].length
  if (start === undefined) return undefined
  for (let at = start; at < text.length; at++) {
    const char = text[at]
    if (inString && char === '\\') at++
    else if (char === '"') inString = !inString
    else if (inString) continue
    else if (char === '{' || char === '[') depth++
    else if ((char === '}' || char === ']') && --depth === 0) return at + 1
  }
  return undefined
}

function compact(json: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(json))
  } catch {
    return undefined
  }
}
