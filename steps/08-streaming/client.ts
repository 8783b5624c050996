import { connect } from '@rpc-steps/async-await'
import type { CallOptions, Json } from '@rpc-steps/async-await'
import { clientOptions, main, ownOptions, printResult, printSettled } from '@rpc-steps/cli'
import type { CallWords } from '@rpc-steps/cli'
import { deadlined } from '@rpc-steps/deadlines'
import { gatherSettled } from '@rpc-steps/gather'
import { recordMemory } from '@rpc-steps/trace'
import { Live } from './src/live.ts'
import { numbers, stream, streams, upload } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const own = ownOptions(step, 'client')
  const { calls, limit, priority, timeout = Infinity, credit, slow, up, trace, ...options } = clientOptions(own)
  if (trace !== undefined) recordMemory()
  const peer = await connect(options, { framing: options.framing, extensions: [streams] })
  const call = deadlined(peer.call, timeout)
  const extras = priority === undefined ? undefined : () => ({ meta: { priority } })
  const live = new Live(slow)
  if (credit !== undefined) live.follow(process.stdin, own.slow.read)

  /** In pieces, if so many are asked for: each is printed as it comes. */
  async function one({ method, params }: CallWords, signal: AbortSignal): Promise<Json | undefined> {
    const options: CallOptions = { signal, extras }
    const items = up === undefined ? undefined : numbers(up)
    if (credit === undefined) return items ? upload(call, method, params, items, options) : call(method, params, options)
    const pieces = stream(call, method, params, { ...options, credit, ...(items && { up: items }) })
    for await (const item of live.of(pieces)) printResult(item)
    return undefined
  }

  const results = await gatherSettled(calls, one, { limit })
  printSettled(calls, results)
  await peer.close()
})
