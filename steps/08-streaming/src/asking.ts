import type { Call, CallOptions, Json, Params } from '@rpc-steps/async-await'
import { printResult, printSettled } from '@rpc-steps/cli'
import type { CallWords } from '@rpc-steps/cli'
import { gatherSettled } from '@rpc-steps/gather'
import { stream, upload } from './calling.ts'
import type { StreamOptions } from './calling.ts'
import { Live } from './live.ts'
import { numbers } from './service.ts'
import type { Items } from './writer.ts'

/** What the command line of a client asks for, and how. */
export interface Asked {
  calls: readonly CallWords[]
  /** Calls at the same time. */
  limit: number
  priority: number | undefined
  /** Pieces ahead; undefined is an answer as a whole. */
  credit: number | undefined
  /** Milliseconds of pause before each piece, which can be changed by a line on stdin. */
  slow: number
  /** Streams the numbers up to this one. */
  up: number | undefined
}

/** How calls are made, where there is no peer for them. */
export interface Way {
  call: Call
  /** An answer that comes in pieces. */
  stream(method: string, params?: Params, options?: StreamOptions): AsyncIterable<Json>
  /** One answer to many pieces. */
  upload(method: string, params: Params | undefined, up: Items, options?: CallOptions): Promise<Json>
}

/** Makes the calls of a command line and prints what comes of them; pieces as they come. `read` reads another pause. */
export async function ask(way: Call | Way, asked: Asked, read: (line: string) => number): Promise<void> {
  const { calls, limit, priority, credit, slow, up } = asked
  const extras = priority === undefined ? undefined : () => ({ meta: { priority } })
  const there = typeof way === 'function' ? over(way) : way
  const live = new Live(slow)
  if (credit !== undefined) live.follow(process.stdin, read)

  async function one({ method, params }: CallWords, signal: AbortSignal): Promise<Json | undefined> {
    const options: CallOptions = { signal, extras }
    const items = up === undefined ? undefined : numbers(up)
    if (credit === undefined) return items ? there.upload(method, params, items, options) : there.call(method, params, options)
    const pieces = there.stream(method, params, { ...options, credit, ...(items && { up: items }) })
    for await (const item of live.of(pieces)) printResult(item)
    return undefined
  }

  printSettled(calls, await gatherSettled(calls, one, { limit }))
}

/** A way over peers: what a call brings back in pieces is streamed as this step has it. */
export function over(call: Call): Way {
  return { call, stream: (...rest) => stream(call, ...rest), upload: (...rest) => upload(call, ...rest) }
}
