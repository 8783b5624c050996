import { Failed, resultOf } from './reply.ts'
import type { Json, Options, Reply } from './reply.ts'

/** Where to, and what asks: the browser's own `fetch`, if nothing else is said. */
export interface Service {
  url: string
  fetch?: typeof fetch
}

// #region fetch
function post({ url, fetch = globalThis.fetch }: Service, accept: string, method: string, params: Json, { timeoutMs, signal }: Options) {
  // Each answer has a response of its own, so there is nothing to match, and any id will do.
  const request = { jsonrpc: '2.0', id: 0, method, params, meta: timeoutMs === undefined ? undefined : { timeoutMs } }
  const headers = { accept, 'content-type': 'application/json' }
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(request), signal: signal ?? null })
}

/** Calls a method. Rejects with Failed, and with what `fetch` rejects with. */
export async function callByFetch(service: Service, method: string, params: Json, options: Options = {}): Promise<Json> {
  const response = await post(service, 'application/json', method, params, options)
  return resultOf((await response.json()) as Reply)
}
// #endregion

// #region events
/** The items of an answer that comes in pieces. Leaving the loop hangs up, and that cancels it. */
export async function* streamByFetch(service: Service, method: string, params: Json, options: Options = {}): AsyncGenerator<Json> {
  const response = await post(service, 'text/event-stream', method, params, options)
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
    resultOf((await response.json()) as Reply)
    throw new Error('the answer is not in pieces')
  }
  for await (const { event, data } of eventsOf(response.body!)) {
    // Of what had come already, who has given up wants nothing.
    options.signal?.throwIfAborted()
    const value = JSON.parse(data) as Json
    if (event === 'end') return
    if (event === 'error') throw new Failed(value as unknown as NonNullable<Reply['error']>)
    yield value
  }
  throw new Error('the connection was lost')
}

/** Server-sent events. The browser has a class for them, EventSource, which cannot POST. */
async function* eventsOf(body: ReadableStream<Uint8Array>) {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      // Who does not read on here lets TCP fill up, and the server waits.
      const { done, value } = await reader.read()
      if (done) return
      const events = (rest + decoder.decode(value, { stream: true })).split('\n\n')
      rest = events.pop() ?? ''
      for (const event of events) {
        const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(event)?.[1]
        const data = field('data')
        if (data !== undefined) yield { event: field('event') ?? 'message', data }
      }
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}
// #endregion
