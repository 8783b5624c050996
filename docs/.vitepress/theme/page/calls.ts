import { Failed } from '../../../../steps/12-standards/src/browser/reply.ts'
import type { Json } from '../../../../steps/12-standards/src/browser/reply.ts'
import { callByFetch, streamByFetch } from '../../../../steps/12-standards/src/browser/over-fetch.ts'
import { Connection, opened } from '../../../../steps/12-standards/src/browser/over-websocket.ts'
import { seenFetch, seenSocket } from './seen.ts'

/** One of the calls that the page offers. */
export interface Asked {
  title: string
  method: string
  params: Record<string, Json>
  timeoutMs?: number
  /** Whether its answer comes in pieces, and how many of them a second are read if nothing is said. */
  stream?: { pace?: number }
}

/** What the page offers, by names that the recording knows them by. */
export const calls = {
  result: { title: 'a result', method: 'sleep', params: { ms: 300 } },
  error: { title: 'an error', method: 'fail', params: { code: 1, message: 'Out of paper', data: { tray: 2 } } },
  deadline: { title: 'too late', method: 'sleep', params: { ms: 1000 }, timeoutMs: 200 },
  stream: { title: 'a stream', method: 'feed', params: { ms: 100, items: 20 }, stream: {} },
  slow: { title: 'a stream, read slowly', method: 'count', params: { to: 100_000 }, stream: { pace: 20 } },
} as const satisfies Record<string, Asked>

export type CallName = keyof typeof calls

export const ways = ['http', 'websocket'] as const
export type Way = (typeof ways)[number]

/** Of the requests that are made here, only those by HTTP have the id 0. */
export function wayOf(id: string): Way {
  return id === '0' ? 'http' : 'websocket'
}

/** What happens in a call, at a millisecond of it. */
export type Happening = { ms: number } & (
  /** A message on the wire, its text cut off where it is long; the items in it, if it has any. */
  | { what: 'out' | 'in'; text: string; items?: number }
  /** So many items have been read. */
  | { what: 'read'; items: number }
  /** How it ended, for the page. */
  | { what: 'end'; how: string }
  /** The server's worker has ended as well, after so many milliseconds of work. */
  | { what: 'worked'; workMs: number }
)

/** Ways to one server, and what came of the calls on them. */
export interface Line {
  /** Makes a call. Resolves when it has ended, well or badly. `pace` says how many items a second are read. */
  make(asked: Asked, signal: AbortSignal, pace: () => number): Promise<void>
  close(): void
}

export type Tell = (happening: Happening) => void

/** How often it is said what has been read, in milliseconds. */
const glance = 100

/** A stopwatch for one call. */
function clock() {
  const began = performance.now()
  return () => Math.round(performance.now() - began)
}

export function overHttp(url: string, tell: Tell): Line {
  return {
    make: (asked, signal, pace) => {
      const now = clock()
      const service = { url, fetch: seenFetch((seen) => tell({ ms: now(), ...seen })) }
      const { method, params, timeoutMs, stream } = asked
      const options = { signal, timeoutMs }
      if (stream) return told(now, tell, () => read(streamByFetch(service, method, params, options), now, tell, signal, pace))
      return told(now, tell, async () => `its result is ${JSON.stringify(await callByFetch(service, method, params, options))}`)
    },
    close() {},
  }
}

/** @param Socket the class to open it with */
export async function overWebSocket(url: string, tell: Tell, Socket = WebSocket): Promise<Line> {
  let now = clock()
  const socket = seenSocket(new Socket(url), (seen) => tell({ ms: now(), ...seen }))
  const connection = new Connection(await opened(socket))
  return {
    make: (asked, signal, pace) => {
      now = clock()
      const { method, params, timeoutMs, stream } = asked
      const options = { signal, timeoutMs }
      if (stream) return told(now, tell, () => read(connection.stream(method, params, options), now, tell, signal, pace))
      return told(now, tell, async () => `its result is ${JSON.stringify(await connection.call(method, params, options))}`)
    },
    close: () => socket.close(),
  }
}

/** Says how it ended. */
async function told(now: () => number, tell: Tell, call: () => Promise<string>): Promise<void> {
  const how = await call().catch((error: unknown) => {
    if (error instanceof Failed) return `failed with ${error.code}: ${error.message}`
    return (error as Error).name === 'AbortError' ? 'given up' : (error as Error).message
  })
  tell({ ms: now(), what: 'end', how })
}

/** Reads a stream at a pace, and says so now and then. */
async function read(items: AsyncIterable<Json>, now: () => number, tell: Tell, signal: AbortSignal, pace: () => number): Promise<string> {
  let count = 0
  let said = 0
  let due = performance.now()
  const say = () => {
    said = now()
    tell({ ms: said, what: 'read', items: count })
  }
  try {
    for await (const item of items) {
      void item
      count++
      if (now() >= said + glance) say()
      due = Math.max(due, performance.now() - 1000 / pace()) + 1000 / pace()
      await pause(due - performance.now(), signal)
    }
  } finally {
    say()
  }
  return `all ${count} items read`
}

/** Resolves after so many milliseconds, or when it is given up. */
function pause(ms: number, signal: AbortSignal): Promise<void> | undefined {
  if (ms <= 0 || signal.aborted) return undefined
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
