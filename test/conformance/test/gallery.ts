import { isUtf8 } from 'node:buffer'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { StageName } from '../src/stages.ts'

/** A server as a beginner writes it: right, but for what one of the gallery does in another way. */
interface Ways {
  /** How a reply is written. */
  frame: (reply: Reply) => Buffer | string
  /** What of the bytes that have come is a message: its body, and where the next begins. */
  cut: (bytes: Buffer, connection: Connection) => { body: Buffer; next: number } | 'wait' | 'close'
  parse: (body: Buffer) => unknown
  answer: (request: Request, connection?: Connection) => unknown
  /** A batch; undefined for nothing. */
  batch: (items: unknown[], connection: Connection) => unknown
  bad: (connection: Connection) => unknown
  send: (bytes: Buffer | string, connection: Connection) => void
  open: (connection: Connection) => void
  end: (connection: Connection) => void
  chunk: (chunk: Buffer, connection: Connection) => Buffer
  noLines: boolean
  /** A blank line is a message like any other. */
  blank: boolean
}

type Reply = Record<string, unknown>
type Request = Record<string, unknown>
interface Connection {
  readonly socket: Socket
  readonly number: number
  readonly server: { connections: number; busy: Promise<unknown>; ids: Set<unknown>; close: () => void }
  bytes: Buffer
  written: number
  lines?: boolean
  busy: Promise<unknown>
  readonly inFlight: Set<unknown>
  turn?: Promise<unknown>
}

const failed = (code: number, message: string, id: unknown = null) => ({ jsonrpc: '2.0', error: { code, message }, id })
const header = (length: number) => `Content-Length: ${length}\r\n\r\n`
const json = (value: unknown) => JSON.stringify(value)
const spaced = (value: unknown) => JSON.stringify(value).replace(/([:,])(?=["{[\d])/g, '$1 ')
const framed = (body: string) => header(Buffer.byteLength(body)) + body
const written = (reply: unknown, { lines }: Connection) => (lines ? `${json(reply)}\n` : framed(json(reply)))
const escape = (text: string) => text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

function call({ method, params, id }: Request): unknown {
  const names: Record<string, string[]> = { say: ['text'], subtract: ['minuend', 'subtrahend'], add: ['a', 'b'], sleep: ['ms'], fail: ['code', 'message', 'data'] }
  const byName = (Object.hasOwn(names, String(method)) ? names[String(method)]! : []).map((name) => (Object.hasOwn(params ?? {}, name) ? (params as Request)[name] : undefined))
  const list = Array.isArray(params) ? (params as unknown[]) : byName
  const [a, b, c] = list as [number, number, unknown]
  const done = (result: unknown) => ({ jsonrpc: '2.0', result, id })
  const invalid = failed(-32602, 'Invalid params', id)
  switch (method) {
    case 'say': return typeof a === 'string' ? done(`You said: ${String(a)}`) : invalid
    case 'subtract': return typeof a === 'number' && typeof b === 'number' && list.length === 2 ? done(a - b) : invalid
    case 'add': return typeof a === 'number' && typeof b === 'number' ? done(a + b) : invalid
    case 'sum': return list.some((n) => typeof n !== 'number') ? invalid : done((list as number[]).reduce((x, y) => x + y, 0))
    case 'sleep': return a >= 0 ? new Promise((resolve) => setTimeout(() => resolve(done(a)), a)) : invalid
    case 'get_data': return done(['hello', 5])
    case 'fetch': return failed(-32602, 'No such page', id)
    case 'count': return done(Array.from({ length: a }, (_, i) => i + 1))
    case 'fail': return typeof a === 'number' ? { jsonrpc: '2.0', error: { code: a, message: String(b), ...(c !== undefined && { data: c }) }, id } : failed(-32603, 'Internal error', id)
    case 'update': case 'notify_hello': case 'notify_sum': return done(null)
    default: return failed(-32601, 'Method not found', id)
  }
}

const isRequest = ({ jsonrpc, method, params, id }: Request) =>
  jsonrpc === '2.0' && typeof method === 'string' && (params == null || typeof params === 'object') &&
  (id == null || typeof id === 'string' || (typeof id === 'number' && (Number.isSafeInteger(id) || (Number.isFinite(id) && id % 1 !== 0))))

const right: Ways = {
  frame: (reply) => framed(json(reply)),
  cut: (bytes) => {
    const at = bytes.indexOf('\r\n\r\n')
    if (at < 0) return bytes.length > 8192 ? 'close' : 'wait'
    const fields = bytes.toString('latin1', 0, at).split('\r\n').map((line) => /^([\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line))
    const lengths = new Set(fields.flatMap((field) => (field?.[1]?.toLowerCase() === 'content-length' ? [field[2]!] : [])))
    const [length = ''] = lengths
    if (fields.includes(null) || lengths.size !== 1 || !/^\d+$/.test(length) || Number(length) > 4_194_304) return 'close'
    const next = at + 4 + Number(length)
    return bytes.length < next ? 'wait' : { body: bytes.subarray(at + 4, next), next }
  },
  parse: (body) => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)),
  answer: (request, connection) => {
    if (!('method' in request) && ('result' in request || 'error' in request)) return undefined
    const { id } = request
    const known = typeof id === 'string' || Number.isSafeInteger(id) ? id : null
    if (!isRequest(request) || connection?.inFlight.has(id)) return failed(-32600, 'Invalid Request', known)
    const answered = call(request)
    if (!('id' in request)) return undefined
    connection?.inFlight.add(id)
    return Promise.resolve(answered).finally(() => connection?.inFlight.delete(id))
  },
  batch: async (items, connection) => {
    if (items.length === 0 || items.length > 100) return failed(-32600, 'Invalid Request')
    const answers = (await Promise.all(items.map((item) => one(item, connection)))).filter((answer) => answer !== undefined)
    return answers.length > 0 ? answers : undefined
  },
  bad: () => failed(-32700, 'Parse error'),
  send: (bytes, { socket }) => void socket.write(bytes),
  open: () => {},
  end: (connection) => {
    // Half a frame is an error; what is whole is answered first.
    if (connection.bytes.length > 0) connection.socket.end(written(right.bad(connection), connection))
    else void connection.busy.then(() => connection.socket.end())
  },
  chunk: (chunk) => chunk,
  noLines: false,
  blank: false,
}
const ways = new WeakMap<Connection, Ways>()
const one = (item: unknown, connection: Connection) =>
  typeof item === 'object' && item !== null && !Array.isArray(item) ? ways.get(connection)!.answer(item as Request, connection) : failed(-32600, 'Invalid Request')

function serve(socket: Socket, number: number, how: Ways, server: Connection['server']): void {
  const connection: Connection = { socket, number, server, bytes: Buffer.alloc(0), written: 0, busy: Promise.resolve(), inFlight: new Set() }
  ways.set(connection, how)
  socket.on('error', () => socket.destroy()).on('data', (chunk: Buffer) => {
    connection.bytes = Buffer.concat([connection.bytes, how.chunk(chunk, connection)])
    take(connection, how)
  })
  socket.on('end', () => how.end(connection))
  how.open(connection)
}

function take(connection: Connection, how: Ways): void {
  connection.lines ??= connection.bytes.length > 0 && how.cut === right.cut && !how.noLines ? '{['.includes(String.fromCharCode(connection.bytes[0]!)) : false
  while (connection.bytes.length > 0 && !connection.socket.destroyed) {
    const found = connection.lines ? nextLine(connection.bytes) : how.cut(connection.bytes, connection)
    if (typeof found !== 'string' && connection.lines && !how.blank && found.body.toString().trim() === '') {
      connection.bytes = connection.bytes.subarray(found.next)
      continue
    }
    if (found === 'wait') return
    if (found === 'close') return void connection.socket.end(written(how.bad(connection), connection))
    connection.bytes = connection.bytes.subarray(found.next)
    const answer = answerTo(found.body, connection, how)
    const sent = Promise.resolve(answer).then((reply) => {
      if (reply === 'close') connection.socket.destroy()
      else if (reply !== undefined) how.send(connection.lines ? `${json(reply)}\n` : how.frame(reply as Reply), connection)
    })
    connection.busy = Promise.all([connection.busy, sent])
  }
}

function nextLine(bytes: Buffer): { body: Buffer; next: number } | 'wait' | 'close' {
  const end = bytes.indexOf('\n')
  if (end < 0) return bytes.length > 4_194_304 ? 'close' : 'wait'
  return { body: bytes.subarray(0, end), next: end + 1 }
}

function answerTo(body: Buffer, connection: Connection, how: Ways): unknown {
  let message: unknown
  try {
    message = how.parse(body)
  } catch {
    return how.bad(connection)
  }
  return Array.isArray(message) ? how.batch(message as unknown[], connection) : one(message, connection)
}

/** Starts one of the gallery. */
export async function startBroken(other: Partial<Ways>) {
  let connections = 0
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    state.connections++
    serve(socket, ++connections, { ...right, ...other }, state)
  })
  const state = { connections: 0, busy: Promise.resolve() as Promise<unknown>, ids: new Set<unknown>(), close: () => server.close() }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port } }
}

/** Each reply changed before it is written. */
const replies = (change: (reply: Reply) => unknown): Partial<Ways> => ({ frame: (reply) => framed(json(Array.isArray(reply) ? reply.map((item) => change(item as Reply)) : change(reply))) })
/** Each right request answered in another way. */
const answers = (other: (request: Request) => unknown): Partial<Ways> => ({
  answer: (request, connection) => other(request) ?? right.answer(request, connection),
})
const onlyHeader = (name: RegExp): Partial<Ways> => ({
  cut: (bytes, connection) => {
    const at = bytes.indexOf('\r\n\r\n')
    return at >= 0 && !name.test(bytes.toString('latin1', 0, at + 2)) ? 'close' : right.cut(bytes, connection)
  },
})
const never: Ways['cut'] = () => 'wait'
/** One read is taken for one message. */
const oneRead = (most: number): Partial<Ways> => ({
  cut: (bytes) => ({ body: bytes.subarray(bytes.indexOf('\r\n\r\n') + 4, most), next: bytes.length }),
})

/** Every way of being wrong, the stage in which it shows, and what is different. */
export const gallery: [name: string, stage: StageName, other: Partial<Ways>][] = [
  // What is written.
  ['part of a long answer', 'framing', { send: (bytes, { socket }) => void socket.write(bytes.slice(0, 65_536)) }],
  ['length in characters', 'framing', { frame: (reply) => header([...json(reply)].length) + json(reply) }],
  ['LF for CR LF', 'framing', { frame: (reply) => framed(json(reply)).replaceAll('\r\n', '\n') }],
  ['LF once', 'framing', { frame: (reply) => framed(json(reply)).replace('\r\n\r\n', '\r\n\n') }],
  ['no empty line', 'framing', { frame: (reply) => framed(json(reply)).replace('\r\n\r\n', '\r\n') }],
  ['line end not counted', 'framing', { frame: (reply) => `${framed(json(reply))}\n` }],
  ['line end counted', 'framing', { frame: (reply) => header(Buffer.byteLength(json(reply)) + 1) + json(reply) }],
  ['header counted', 'framing', { frame: (reply) => header(json(reply).length + 22) + json(reply) }],
  ['lower case header', 'framing', { frame: (reply) => framed(json(reply)).toLowerCase().replace('you', 'You') }],
  ['type before the length', 'framing', { frame: (reply) => `Content-Type: application/json\r\n${framed(json(reply))}` }],
  ['no space before the length', 'framing', { frame: (reply) => framed(json(reply)).replace(': ', ':') }],
  ['backslashes for CR LF', 'framing', { frame: (reply) => framed(json(reply)).replaceAll('\r\n', '\\r\\n') }],
  ['Latin-1', 'framing', { frame: (reply) => Buffer.from(header(json(reply).length) + json(reply), 'latin1') }],
  ['Latin-1, length in UTF-8', 'framing', { frame: (reply) => Buffer.from(framed(json(reply)), 'latin1') }],
  ['length of the escaped text', 'framing', { frame: (reply) => header(escape(json(reply)).length) + json(reply) }],
  ['length without the spaces', 'framing', { frame: (reply) => header(Buffer.byteLength(json(reply))) + spaced(reply) }],
  ['byte order mark', 'framing', { frame: (reply) => framed(`\ufeff${json(reply)}`) }],
  ['zero byte', 'framing', { frame: (reply) => framed(`${json(reply)}\0`) }],
  ['no header', 'framing', { frame: (reply) => `${json(reply)}\n` }],
  ['HTTP', 'framing', { frame: (reply) => `HTTP/1.1 200 OK\r\n${framed(json(reply))}` }],
  ['printed bytes', 'framing', { frame: (reply) => `b'${framed(json(reply))}'` }],
  ['printed bytes in the body', 'framing', { frame: (reply) => framed(`b'${json(reply)}'`) }],
  ['length in binary', 'framing', { frame: (reply) => Buffer.from(`\0\0\0${String.fromCharCode(json(reply).length)}${json(reply)}`, 'latin1') }],
  ['two empty lines', 'framing', { frame: (reply) => framed(json(reply)).replace('\r\n\r\n', '\r\n\r\n\r\n') }],
  ['CR CR LF', 'framing', { frame: (reply) => framed(json(reply)).replaceAll('\r\n', '\r\r\n') }],
  ['a whole buffer', 'framing', { frame: (reply) => framed(json(reply).padEnd(1024, '\0')) }],
  ['zero byte behind the header', 'framing', { frame: (reply) => framed(json(reply)).replace('\r\n\r\n', '\r\n\r\n\0') }],
  ['header behind the body', 'framing', { frame: (reply) => json(reply) + header(json(reply).length) }],
  ['answer cut off', 'framing', { frame: (reply) => framed(json(reply).slice(0, 255)) }],
  ['printed object', 'framing', { frame: (reply) => framed(`map[id:${String(reply['id'])} jsonrpc:2.0 result:${String(reply['result'])}]`) }],
  ['UTF-16', 'framing', { frame: (reply) => Buffer.concat([Buffer.from(header(2 * json(reply).length)), Buffer.from(json(reply), 'utf16le')]) }],
  ['printed dict', 'framing', { frame: (reply) => framed(json(reply).replaceAll('"', "'")) }],
  ['encoded twice', 'framing', { frame: (reply) => framed(json(json(reply))) }],
  ['a line for debugging', 'framing', { frame: (reply) => `got a call\n${framed(json(reply))}` }],
  ['greeting', 'framing', { open: ({ socket }) => void socket.write('Welcome!\r\n') }],
  // What is read.
  ['one read is one message', 'framing', oneRead(1e9)],
  ['buffer of 1024', 'framing', { ...oneRead(1024), cut: (bytes, connection) => (bytes.length < 1024 ? right.cut(bytes, connection) : oneRead(1024).cut!(bytes, connection)) }],
  ['header in one spelling', 'framing', onlyHeader(/^Content-Length:/m)],
  ['one space exactly', 'framing', onlyHeader(/^content-length: \d+\r/im)],
  ['first line only', 'framing', onlyHeader(/^content-length:/i)],
  ['one header line only', 'framing', onlyHeader(/^[^\n]*\n$/)],
  ['a byte too many is read', 'framing', { cut: (bytes, connection) => {
    const found = right.cut(bytes, connection)
    return typeof found === 'string' ? found : bytes.length > found.next ? { ...found, next: found.next + 1 } : 'wait'
  } }],
  ['a byte too few is read', 'framing', { parse: (body) => right.parse(body.subarray(0, -1)) }],
  ['the first two bytes are lost', 'framing', { parse: (body) => right.parse(body.subarray(2)) }],
  ['a limit of 64 KiB', 'framing', { cut: (bytes, connection) => (Number(/^Content-Length: (\d+)/.exec(bytes.toString('latin1', 0, 40))?.[1]) > 65_536 ? 'close' : right.cut(bytes, connection)) }],
  ['reads characters', 'framing', {
    cut: (bytes, connection) => {
      const found = right.cut(bytes, connection)
      const start = bytes.indexOf('\r\n\r\n') + 4
      return typeof found === 'string' || [...bytes.subarray(start).toString()].length >= found.next - start ? found : 'wait'
    },
  }],
  ['waits for a line end', 'framing', { cut: (bytes, connection) => (bytes.indexOf('\n', bytes.indexOf('\r\n\r\n') + 4) < 0 ? 'wait' : right.cut(bytes, connection)) }],
  ['reads LF only', 'framing', {
    cut: (bytes) => {
      const at = bytes.indexOf('\n\n')
      return at < 0 ? 'wait' : { body: bytes.subarray(at + 2), next: bytes.length }
    },
  }],
  ['header and body in two reads', 'framing', {
    chunk: (chunk, { bytes }) => (bytes.length === 0 && chunk.includes('\r\n\r\n') ? chunk.subarray(0, chunk.indexOf('\r\n\r\n') + 4) : chunk),
  }],
  ['one behind', 'framing', {
    cut: (bytes, connection) => {
      const found = right.cut(bytes, connection)
      return typeof found !== 'string' && found.next === bytes.length ? 'wait' : found
    },
  }],
  ['until the end of the stream', 'framing', {
    cut: never,
    end: (connection) => (take(connection, { ...right }), right.end(connection)),
  }],
  ['output in a buffer', 'framing', {
    send: (bytes, connection) => {
      connection.written += bytes.length
      connection.socket.cork()
      connection.socket.write(bytes)
      if (connection.written > 4096) connection.socket.uncork()
    },
    end: ({ socket }) => void socket.end(),
  }],
  ['lines only', 'framing', { cut: (bytes) => nextLine(bytes), parse: (body) => JSON.parse(body.toString()), bad: () => undefined, frame: (reply) => `${json(reply)}\n` }],
  ['decodes each piece', 'framing', { chunk: (chunk) => Buffer.from(chunk.toString().replaceAll('\ufffd', '?')) }],
  ['reads Latin-1', 'framing', { parse: (body) => JSON.parse(body.toString('latin1')) }],
  ['answers nobody', 'framing', { cut: never, end: () => {} }],
  ['closes at once', 'framing', { open: ({ socket }) => void socket.destroy() }],
  ['closes after one answer', 'framing', { send: (bytes, { socket }) => void socket.end(bytes) }],
  ['one answer a connection', 'framing', { send: (bytes, connection) => void (connection.written++ === 0 && connection.socket.write(bytes)) }],
  ['one client only', 'framing', { open: ({ server, number, socket }) => (number > 1 ? void socket.destroy() : server.close()) }],
  ['half a frame', 'framing', { send: (bytes, { socket }) => void socket.end(bytes.slice(0, -5)) }],
  // What is said.
  ['echo', 'framing', answers((request) => request)],
  ['result alone', 'framing', replies(({ result }) => result)],
  ['an array for one', 'framing', replies((reply) => [reply])],
  ['result encoded twice', 'framing', replies((reply) => ({ ...reply, result: json(reply['result']) }))],
  ['text without "You said"', 'framing', answers((request) => request['method'] === 'say' ? { jsonrpc: '2.0', result: (request['params'] as Reply)['text'], id: request['id'] } : undefined)],
  ['id as a string', 'framing', replies((reply) => ({ ...reply, id: String(reply['id']) }))],
  ['id as a fraction', 'framing', { frame: (reply) => framed(json(reply).replace(/"id":(\d+)/, '"id":$1.0')) }],
  ['id null', 'framing', replies((reply) => ({ ...reply, id: null }))],
  ['id in capitals', 'framing', replies(({ id, ...reply }) => ({ ...reply, ID: id }))],
  ['id missing', 'framing', replies(({ id: _, ...reply }) => reply)],
  ['id always 1', 'framing', replies((reply) => ({ ...reply, id: 1 }))],
  ['jsonrpc missing', 'framing', replies(({ jsonrpc: _, ...reply }) => reply)],
  ['jsonrpc a number', 'framing', replies((reply) => ({ ...reply, jsonrpc: 2.0 }))],
  ['error null beside the result', 'framing', replies((reply) => ({ error: null, ...reply }))],
  ['method in the reply', 'framing', replies((reply) => ({ ...reply, method: 'say' }))],
  ['another name for the result', 'framing', replies(({ result, ...reply }) => ({ ...reply, response: result }))],
  ['answers twice', 'framing', { frame: (reply) => framed(json(reply)).repeat(2) }],
  ['two answers into each other', 'framing', { send: (bytes, { socket }) => {
    const at = bytes.indexOf('\r\n\r\n') + 4
    socket.write(bytes.slice(0, at))
    setTimeout(() => socket.write(bytes.slice(at)), 5)
  } }],
  ['an error behind the answer', 'framing', { frame: (reply) => framed(json(reply)) + framed(json(failed(-32700, 'Parse error'))) }],
  ['answers notifications', 'messages', { answer: (request) => call(request) }],
  ['null for notifications', 'messages', { answer: (request, connection) => ('id' in request ? right.answer(request, connection) : null) }],
  ['errors for notifications', 'messages', answers((request) => ('id' in request ? undefined : failed(-32600, 'Invalid Request')))],
  ['id as a number', 'messages', replies((reply) => ({ ...reply, id: typeof reply['id'] === 'string' && /^\d+$/.test(reply['id']) ? Number(reply['id']) : reply['id'] }))],
  ['id made whole', 'messages', replies((reply) => ({ ...reply, id: typeof reply['id'] === 'number' ? Math.trunc(reply['id']) : reply['id'] }))],
  ['id 0 is none', 'messages', { answer: ({ id, ...request }, connection) => right.answer(id === 0 ? request : { ...request, ...(id !== undefined && { id }) }, connection) }],
  ['null dropped', 'messages', replies((reply) => (reply['result'] === null ? { jsonrpc: '2.0', id: reply['id'] } : reply))],
  ['names taken in order', 'messages', answers((request) => call({ ...request, params: Array.isArray(request['params']) ? request['params'] : Object.values(request['params'] ?? {}) }))],
  ['parameters by name only', 'messages', answers((request) => (Array.isArray(request['params']) ? failed(-32602, 'Invalid params', request['id']) : undefined))],
  ['parameters in order only', 'framing', answers((request) => (Array.isArray(request['params']) || request['params'] === undefined ? undefined : failed(-32602, 'Invalid params', request['id'])))],
  ['parameters left out', 'messages', answers((request) => ('params' in request ? undefined : 'close'))],
  ['a method is missing', 'messages', answers((request) => (request['method'] === 'sum' ? failed(-32601, 'Method not found', request['id']) : undefined))],
  ['numbers as strings', 'messages', replies((reply) => ({ ...reply, result: typeof reply['result'] === 'number' ? String(reply['result']) : reply['result'] }))],
  // Errors.
  ['error a string', 'errors', replies((reply) => ('error' in reply ? { ...reply, error: 'Method not found' } : reply))],
  ['code a string', 'errors', replies((reply) => ('error' in reply ? { ...reply, error: { code: '-32601', message: 'Method not found' } } : reply))],
  ['errors without the id', 'errors', replies((reply) => ('error' in reply ? { ...reply, id: null } : reply))],
  ['result null beside an error', 'errors', replies((reply) => ('error' in reply ? { result: null, ...reply } : reply))],
  ['accident for a missing method', 'errors', replies((reply) => ((reply['error'] as Reply | undefined)?.['code'] === -32601 ? failed(-32603, 'Internal error', reply['id']) : reply))],
  ['closes at a missing method', 'errors', answers((request) => (request['method'] === 'foobar' ? 'close' : undefined))],
  ['closes at a parse error', 'errors', { bad: () => 'close' }],
  ['silent at a parse error', 'errors', { bad: () => undefined }],
  ['parse error is invalid request', 'errors', { bad: () => failed(-32600, 'Invalid Request') }],
  ['invalid request is parse error', 'errors', answers((request) => (isRequest(request) ? undefined : failed(-32700, 'Parse error')))],
  ['takes what is no request', 'errors', { answer: (request) => call(request) }],
  ['wrong parameters are an accident', 'errors', replies((reply) => ((reply['error'] as Reply | undefined)?.['code'] === -32602 ? failed(-32603, 'Internal error', reply['id']) : reply))],
  ['another name for the error', 'errors', replies(({ error, ...reply }) => (error === undefined ? reply : { ...reply, errors: error }))],
  ['error in the result', 'errors', replies(({ error, ...reply }) => (error === undefined ? reply : { ...reply, result: error }))],
  ['stack trace', 'errors', replies((reply) => ((reply['error'] as Reply | undefined)?.['code'] === -32603 ? { ...reply, error: { ...(reply['error'] as Reply), data: { trace: 'Error: no\n    at fail (server.js:7:3)' } } } : reply))],
  ['data of null dropped', 'errors', replies((reply) => ((reply['error'] as Reply | undefined)?.['data'] === null ? { ...reply, error: { ...(reply['error'] as Reply), data: undefined } } : reply))],
  ['closes at what is no request', 'errors', answers((request) => (isRequest(request) || 'result' in request ? undefined : 'close'))],
  ['silent at an accident', 'errors', { answer: (request, connection) => (request['method'] === 'fail' && request['params'] === undefined ? undefined : right.answer(request, connection)) }],
  ['silent at what is not UTF-8', 'errors', { parse: (body) => (isUtf8(body) ? right.parse(body) : { jsonrpc: '2.0', method: 'update' }) }],
  ['capitals do not matter', 'errors', answers((request) => (isRequest(request) && 'id' in request && request['method'] === 'Sum' ? call({ ...request, method: 'sum' }) : undefined))],
  // Batches.
  ['one bad item spoils a batch', 'batches', { batch: (items, connection) => (items.every((item) => typeof item === 'object' && !Array.isArray(item)) ? right.batch(items, connection) : failed(-32600, 'Invalid Request')) }],
  ['array in a result', 'batches', { batch: async (items, connection) => {
    const answers = await right.batch(items, connection)
    return Array.isArray(answers) ? { jsonrpc: '2.0', result: answers, id: null } : answers
  } }],
  ['one failing call fails a batch', 'batches', { batch: async (items, connection) => {
    const answers = await right.batch(items, connection)
    return Array.isArray(answers) && answers.some((answer: Reply) => 'error' in answer) ? failed(-32600, 'Invalid Request') : answers
  } }],
  ['ids of a batch mixed up', 'batches', { batch: async (items, connection) => {
    const answers = await right.batch(items, connection)
    return Array.isArray(answers) ? answers.map((answer: Reply, i) => ({ ...answer, id: (answers[answers.length - 1 - i] as Reply)['id'] })) : answers
  } }],
  ['batch without its errors', 'batches', { batch: async (items, connection) => {
    const answers = await right.batch(items, connection)
    const left = Array.isArray(answers) ? answers.filter((answer: Reply) => !('error' in answer)) : []
    return Array.isArray(answers) ? (left.length > 0 ? left : undefined) : answers
  } }],
  ['closes at a batch', 'batches', { batch: () => 'close' }],
  ['refuses batches', 'batches', { batch: () => failed(-32600, 'Invalid Request') }],
  ['silent at a batch', 'batches', { batch: () => undefined }],
  ['single answers', 'batches', { batch: async (items, connection) => {
    if (items.length === 0) return failed(-32600, 'Invalid Request')
    for (const item of items) {
      const answer = await one(item, connection)
      if (answer !== undefined) connection.socket.write(framed(json(answer)))
    }
    return undefined
  } }],
  ['answers notifications in batches', 'batches', { batch: (items) => (items.length === 0 ? failed(-32600, 'Invalid Request') : items.map((item) => (typeof item === 'object' ? (isRequest(item as Request) ? call(item as Request) : failed(-32600, 'Invalid Request')) : failed(-32600, 'Invalid Request')))) }],
  ['array for an empty batch', 'batches', { batch: (items, connection) => (items.length === 0 ? [] : right.batch(items, connection)) }],
  ['empty array for notifications', 'batches', { batch: async (items, connection) => (await right.batch(items, connection)) ?? [] }],
  ['drops what is no request', 'batches', { batch: (items, connection) => right.batch(items.length === 0 ? items : items.filter((item) => typeof item === 'object' && isRequest(item as Request)), connection) }],
  ['no lines', 'lines', { noLines: true }],
  ['blank lines are errors', 'lines', { blank: true }],
  // Waiting.
  ['one client at a time', 'waiting', {
    open: ({ server, socket }) => {
      socket.pause()
      const before = server.busy
      server.busy = new Promise((done) => socket.once('close', done))
      void before.then(() => socket.resume())
    },
  }],
  ['one call at a time', 'waiting', { answer: (request, connection) => (connection!.server.busy = connection!.server.busy.then(() => right.answer(request))) }],
  ['in the order of asking', 'waiting', { answer: (request, connection) => (connection!.turn = (connection!.turn ?? Promise.resolve()).then(() => right.answer(request, connection))) }],
  ['sleeps for seconds', 'messages', answers((request) => (request['method'] === 'sleep' && 'id' in request ? new Promise((done) => setTimeout(() => done(call(request)), 1000 * (request['params'] as { ms: number }).ms).unref()) : undefined))],
  ['ids of all connections', 'waiting', { answer: (request, connection) => {
    const { server: { ids } } = connection!
    if (ids.has(request['id'])) return failed(-32600, 'Invalid Request', request['id'])
    ids.add(request['id'])
    return Promise.resolve(right.answer(request, connection)).finally(() => ids.delete(request['id']))
  } }],
  ['sleep does not wait', 'waiting', answers((request) => (request['method'] === 'sleep' ? call({ ...request, method: 'sum', params: Array.isArray(request['params']) ? request['params'] : [(request['params'] as Reply)['ms']] }) : undefined))],
  ['one sleep is too short', 'waiting', answers((request) => (request['method'] === 'sleep' && (request['params'] as Reply)['ms'] === 150 ? new Promise((done) => setTimeout(() => done({ jsonrpc: '2.0', result: 150, id: request['id'] }), 20)) : undefined))],
  ['does not close', 'waiting', { end: () => {} }],
  ['closes with a call in flight', 'waiting', { end: ({ socket }) => void setImmediate(() => socket.destroy()) }],
  ['methods in an object', 'errors', answers((request) => (String(request['method']) in {} && 'id' in request ? { jsonrpc: '2.0', result: null, id: request['id'] } : undefined))],
  ['ids as doubles', 'errors', answers((request) => (isRequest({ ...request, id: 1 }) && 'id' in request && (typeof request['id'] === 'number') ? call(request) : undefined))],
  ['adds wrong', 'messages', replies((reply) => (typeof reply['result'] === 'number' ? { ...reply, result: reply['result'] + 1 } : reply))],
  // What nobody should send.
  ['skips lines that are no header', 'hostile', { cut: (bytes, connection) => right.cut(bytes.length > 1000 ? bytes : Buffer.from(bytes.toString('latin1').replace(/^(POST .*|hello\r\n)/gm, (line) => 'X-'.padEnd(line.length - 2, '-') + ': '), 'latin1'), connection) }],
  ['no limit for a header', 'hostile', { cut: (bytes, connection) => (bytes.includes('\r\n\r\n') ? right.cut(bytes, connection) : 'wait') }],
  ['any number for a length', 'hostile', { cut: (bytes, connection) => right.cut(bytes.length > 1000 ? bytes : Buffer.from(bytes.toString('latin1').replace(/(: *)[-+]?(\d+)[a-z]+\r/i, '$1$2\r'), 'latin1'), connection) }],
  ['open after a broken frame', 'hostile', { cut: (bytes, connection) => { const found = right.cut(bytes, connection); return found === 'close' ? 'wait' : found } }],
  ['ends without a word', 'hostile', { cut: (bytes, connection) => { const found = right.cut(bytes, connection); return found === 'close' ? (connection.socket.destroy(), 'wait') : found } }],
  ['says so, and does not end', 'hostile', { cut: (bytes, connection) => {
    const found = right.cut(bytes, connection)
    if (found === 'close' && connection.written++ === 0) connection.socket.write(framed(json(failed(-32600, 'Invalid Request'))))
    return found === 'close' ? 'wait' : found
  } }],
  ['ignores deadlines', 'deadlines', {}],
  ['answers a cancel', 'deadlines', answers((request) => {
    if (request['method'] === '$/cancelRequest') return failed(-32601, 'Method not found')
    const { timeoutMs } = (request['meta'] ?? {}) as { timeoutMs?: number }
    if (timeoutMs === undefined) return undefined
    const late = { jsonrpc: '2.0', error: { code: -32008, message: 'Deadline exceeded', data: { status: 'DEADLINE_EXCEEDED' } }, id: request['id'] }
    if (typeof timeoutMs !== 'number') return failed(-32600, 'Invalid Request', request['id'])
    const timer = new Promise((resolve) => setTimeout(() => resolve(late), Math.min(timeoutMs, 100_000)))
    return timeoutMs <= 0 ? late : 'id' in request ? Promise.race([timer, call(request) as Promise<unknown>]) : undefined
  })],
  ['ignores credit', 'streams', {}],
]
