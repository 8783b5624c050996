import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

/** Ways to be wrong. */
export type Bug = 'answers twice' | 'adds wrong' | 'never answers'

/**
 * A server to test the tester with: right, unless it is told to have a bug. Nothing of it comes
 * from the packages that the suite is there to test.
 */
export async function startReference(bug?: Bug): Promise<{ server: Server; port: number }> {
  const options = { noDelay: true, allowHalfOpen: true }
  const server = createServer(options, (socket) => serve(socket, bug))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

type Message = Record<string, unknown>
const error = (code: number, message: string, id: unknown = null, data?: unknown) => ({
  jsonrpc: '2.0',
  error: { code, message, data },
  id,
})

function serve(socket: Socket, bug: Bug | undefined): void {
  let bytes: Buffer = Buffer.alloc(0)
  let newline: boolean | undefined
  let open = 0
  let ended = false
  const inFlight = new Set<unknown>()

  const send = (value: unknown) => {
    if (bug === 'never answers') return
    const body = JSON.stringify(value)
    const text = newline ? `${body}\n` : `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
    socket.write(bug === 'answers twice' ? text + text : text)
  }
  const fatal = (message: string) => {
    send(error(-32700, message))
    bytes = Buffer.alloc(0)
    socket.removeListener('data', onData).end()
    socket.resume()
  }
  const done = () => {
    if (--open === 0 && ended) socket.end()
  }
  const receive = (text: string) => {
    open++
    const job = async () => {
      const answer = await answerText(text, inFlight, bug)
      if (answer !== undefined) send(answer)
      done()
    }
    void job()
  }
  const onData = (chunk: Buffer) => {
    newline ??= '{[ \t\r\n'.includes(String.fromCharCode(chunk[0]!))
    bytes = bytes.length > 0 ? Buffer.concat([bytes, chunk]) : chunk
    for (;;) {
      let end = bytes.indexOf(newline ? '\n' : '\r\n\r\n')
      const limit = newline ? 4 * 1024 * 1024 : 8192
      if (end < 0 && bytes.length > limit) return fatal('too long')
      if (!newline && /(^|[^\r])\n/.test(bytes.toString('latin1', 0, end < 0 ? 8192 : end))) {
        return fatal('a bare line feed')
      }
      if (end < 0) return
      let start = 0
      if (!newline) {
        const length = readLength(bytes.toString('latin1', 0, end))
        if (!(length <= 4 * 1024 * 1024)) return fatal('a bad header')
        start = end + 4
        end = start + length
        if (bytes.length < end) return
      }
      const body = bytes.subarray(start, end)
      bytes = bytes.subarray(newline ? end + 1 : end)
      const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(body)
      if (!newline || text.trim() !== '') receive(text.includes('\ufffd') ? '?' : text)
    }
  }
  socket.on('data', onData).on('error', () => socket.destroy())
  socket.on('end', () => {
    if (bytes.length > 0) fatal('the stream ended inside a frame')
    ended = true
    if (open === 0) socket.end()
  })
}

function readLength(header: string): number {
  const lengths = new Set<string>()
  for (const line of header.split('\r\n')) {
    const field = /^([\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line)
    if (!field) return NaN
    if (field?.[1]?.toLowerCase() === 'content-length') lengths.add(field[2]!)
  }
  const [length = ''] = lengths
  return lengths.size === 1 && /^\d+$/.test(length) ? Number(length) : NaN
}

async function answerText(text: string, inFlight: Set<unknown>, bug?: Bug): Promise<unknown> {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return error(-32700, 'Parse error')
  }
  if (depth(message) > 100) return error(-32600, 'Invalid Request')
  if (!Array.isArray(message)) return answerOne(message, inFlight, bug)
  if (message.length === 0 || message.length > 100) return error(-32600, 'Invalid Request')
  const answers = await Promise.all(message.map((item) => answerOne(item, inFlight, bug)))
  const some = answers.filter((answer) => answer !== undefined)
  return some.length > 0 ? some : undefined
}

function depth(message: unknown): number {
  let level = [message]
  let levels = 0
  for (; level.length > 0 && levels <= 101; levels++) {
    level = level.flatMap((v) => (typeof v === 'object' && v !== null ? Object.values(v) : []))
  }
  return levels
}

async function answerOne(value: unknown, inFlight: Set<unknown>, bug?: Bug): Promise<unknown> {
  const request = (typeof value === 'object' && value !== null ? value : {}) as Message
  const { jsonrpc, id, method, params, meta } = request
  if (!('method' in request) && ('result' in request || 'error' in request)) return undefined
  const badNumber =
    typeof id === 'number' && !(Number.isSafeInteger(id) || (Number.isFinite(id) && id % 1 !== 0))
  const isId = id == null || typeof id === 'string' || typeof id === 'number'
  const goodId = isId && !badNumber
  const good = jsonrpc === '2.0' && typeof method === 'string' && goodId && !Array.isArray(value)
  const goodParams = params === undefined || typeof params === 'object'
  const { timeoutMs, credit, stream } = (meta ?? {}) as Message
  const goodMeta = [typeof timeoutMs, typeof credit, typeof stream].every((type, i) => ['undefined', i < 2 ? 'number' : 'boolean'].includes(type))
  if (!good || !goodParams || !goodMeta || (id !== undefined && inFlight.has(id))) {
    return error(-32600, 'Invalid Request', goodId ? (id ?? null) : null)
  }
  inFlight.add(id)
  const answer = await call(method, params ?? [], id, bug)
  inFlight.delete(id)
  return id === undefined ? undefined : answer
}

async function call(method: string, params: object, id: unknown, bug?: Bug): Promise<unknown> {
  const names: Record<string, string[]> = {
    say: ['text'],
    subtract: ['minuend', 'subtrahend'],
    add: ['a', 'b'],
    sleep: ['ms'],
    hash: ['text', 'rounds'],
    fail: ['code', 'message', 'data'],
    fetch: ['url'],
  }
  const named = names[method] ?? []
  const list = Array.isArray(params)
    ? (params as unknown[])
    : named.map((name) => (Object.hasOwn(params, name) ? (params as Message)[name] : undefined))
  const [a, b, c] = list as [number, number, unknown]
  const numbers = list.every((n) => typeof n === 'number')
  const invalid = error(-32602, 'Invalid params', id)
  const result = (value: unknown) => ({ jsonrpc: '2.0', result: value ?? null, id })
  if (list.length > Math.max(named.length, method in names ? 0 : Infinity)) return invalid
  switch (method) {
    case 'say':
      return typeof a === 'string' ? result(`You said: ${a}`) : invalid
    case 'subtract':
      return numbers && list.length === 2 ? result(a - b) : invalid
    case 'add':
      return numbers ? result(a + b) : invalid
    case 'sum':
      return result((list as number[]).reduce((x, y) => x + y, bug === 'adds wrong' ? 1 : 0))
    case 'sleep':
      if (!(a >= 0)) return invalid
      return new Promise((resolve) => setTimeout(() => resolve(result(a)), a))
    case 'hash': {
      let hash = String(a)
      for (let i = 0; i < b; i++) hash = createHash('sha256').update(hash).digest('hex')
      return result(hash)
    }
    case 'get_data':
      return result(['hello', 5])
    case 'fail':
      if (typeof a !== 'number') return error(-32603, 'Internal error', id, randomUUID())
      return error(a, String(b), id, c)
    case 'fetch':
      return error(-32602, 'No such page', id)
    case 'update':
    case 'notify_hello':
    case 'notify_sum':
      return result(null)
  }
  return error(-32601, 'Method not found', id)
}
