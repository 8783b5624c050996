import { createHash } from 'node:crypto'
import { codes, RpcError } from '@rpc-steps/wire'
import { anything, listMethod, method, number, text, whole } from './method.ts'
import { pages } from './pages.ts'

/** The service that every step serves. */
export const service = {
  say: method({ text }, ({ text }) => `You said: ${text}`),

  fetch: method(
    { url: text },
    ({ url }) => {
      if (!Object.hasOwn(pages, url)) throw new RpcError(codes.invalidParams, 'No such page', url)
      return `This is ${url}.`
    },
    ({ url }) => (Object.hasOwn(pages, url) ? pages[url]! : 0),
  ),

  sleep: method({ ms: whole(0, 60_000) }, ({ ms }) => ms, ({ ms }) => ms),

  add: method({ a: number, b: number }, ({ a, b }) => a + b),
  subtract: method({ minuend: number, subtrahend: number }, (p) => p.minuend - p.subtrahend),
  sum: listMethod((list) => list.reduce((sum, n) => sum + n, 0)),
  get_data: method({}, () => ['hello', 5]),

  /** Fails on request: with the error that the caller names, or by accident if none is named. */
  fail: method({ code: anything, message: anything, data: anything }, (p): null => {
    if (!Number.isSafeInteger(p.code)) throw new TypeError('this handler has a bug')
    throw new RpcError(Number(p.code), String(p.message ?? 'Failed'), p.data)
  }),

  /** Keeps the processor busy: SHA-256 of the text, then of the hash, `rounds` times in all. */
  hash: method({ text, rounds: whole(1, 10_000_000) }, ({ text, rounds }) => {
    let hash = text
    for (let i = 0; i < rounds; i++) hash = createHash('sha256').update(hash).digest('hex')
    return hash
  }),

  update: listMethod(() => {}),
  notify_hello: listMethod(() => {}),
  notify_sum: listMethod(() => {}),
}

/** The methods with their types, for typed clients. */
export type Service = typeof service
