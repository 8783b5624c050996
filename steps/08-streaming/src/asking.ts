import type { Call, CallOptions, Json } from '@rpc-steps/async-await'
import { printResult, printSettled } from '@rpc-steps/cli'
import type { CallWords } from '@rpc-steps/cli'
import { gatherSettled } from '@rpc-steps/gather'
import { stream, upload } from './calling.ts'
import { Live } from './live.ts'
import { numbers } from './service.ts'

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

/** Makes the calls of a command line and prints what comes of them; pieces as they come. `read` reads another pause. */
export async function ask(call: Call, asked: Asked, read: (line: string) => number): Promise<void> {
  const { calls, limit, priority, credit, slow, up } = asked
  const extras = priority === undefined ? undefined : () => ({ meta: { priority } })
  const live = new Live(slow)
  if (credit !== undefined) live.follow(process.stdin, read)

  async function one({ method, params }: CallWords, signal: AbortSignal): Promise<Json | undefined> {
    const options: CallOptions = { signal, extras }
    const items = up === undefined ? undefined : numbers(up)
    if (credit === undefined) return items ? upload(call, method, params, items, options) : call(method, params, options)
    const pieces = stream(call, method, params, { ...options, credit, ...(items && { up: items }) })
    for await (const item of live.of(pieces)) printResult(item)
    return undefined
  }

  printSettled(calls, await gatherSettled(calls, one, { limit }))
}
