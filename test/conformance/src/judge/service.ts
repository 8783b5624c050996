import { createHash } from 'node:crypto'
import type { Json } from '@rpc-steps/wire'

/** What a call comes to. */
export type Answer = { readonly result: Json } | { readonly error: { code: number; message: string; data?: Json } }

const names: Record<string, readonly string[]> = {
  say: ['text'],
  fetch: ['url'],
  sleep: ['ms'],
  add: ['a', 'b'],
  subtract: ['minuend', 'subtrahend'],
  fail: ['code', 'message', 'data'],
  hash: ['text', 'rounds'],
  count: ['to'],
  feed: ['ms', 'items'],
}
const most = 1000

/** The service of docs/service.md, with none of its waiting: who judges a client says himself when he answers. */
export function serve(method: string, params: unknown): Answer {
  const named = names[method] ?? []
  const list = Array.isArray(params) ? (params as Json[]) : named.map((name) => (params as Record<string, Json> | null)?.[name])
  const [a, b, c] = list
  const numbers = list.every((item) => typeof item === 'number') ? (list) : undefined
  if (method === 'say' && typeof a === 'string') return { result: `You said: ${a}` }
  if (method === 'fetch' && typeof a === 'string') return { result: `This is the page ${a}.` }
  if (method === 'sleep' && typeof a === 'number') return { result: a }
  if (method === 'add' && numbers?.length === 2) return { result: numbers[0]! + numbers[1]! }
  if (method === 'subtract' && numbers?.length === 2) return { result: numbers[0]! - numbers[1]! }
  if (method === 'sum' && numbers && Array.isArray(params)) return { result: numbers.reduce((x, y) => x + y, 0) }
  if (method === 'get_data') return { result: ['hello', 5] }
  if (method === 'whoami') return { result: { name: 'nobody', how: 'not said' } }
  if (['update', 'notify_hello', 'notify_sum'].includes(method)) return { result: null }
  if (method === 'fail' && typeof a === 'number') return { error: { code: a, message: String(b), ...(c !== undefined && { data: c }) } }
  if (method === 'hash' && typeof a === 'string' && typeof b === 'number' && b >= 0 && b <= 10_000_000) return { result: hash(a, b) }
  if ((method === 'count' || method === 'feed') && numbers) {
    const items = numbers.at(-1)!
    if (items >= 0 && items <= most) return { result: Array.from({ length: items }, (_, i) => i + 1) }
  }
  if (method in names || method === 'sum') return { error: { code: -32602, message: 'Invalid params' } }
  return { error: { code: -32601, message: 'Method not found' } }
}

function hash(text: string, rounds: number): string {
  for (let i = 0; i < rounds; i++) text = createHash('sha256').update(text).digest('hex')
  return text
}
