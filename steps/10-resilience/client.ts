import { connect } from '@rpc-steps/async-await'
import type { Call, CallOptions, Json } from '@rpc-steps/async-await'
import { clientOptions, main, ownOptions, printResult, printSettled, UsageError } from '@rpc-steps/cli'
import type { CallWords } from '@rpc-steps/cli'
import { deadlined } from '@rpc-steps/deadlines'
import { gatherSettled } from '@rpc-steps/gather'
import { Live, numbers, stream, streams, upload } from '@rpc-steps/streaming'
import { recordMemory } from '@rpc-steps/trace'
import { resilient, serversOption, steady } from './src/index.ts'
import type { Resilient } from './src/index.ts'
import step from './step.ts'

const own = { ...ownOptions(step, 'client'), servers: serversOption }

await main(async () => {
  const { servers: given, rate, trace, ...options } = clientOptions(own)
  if (rate !== undefined && (options.credit ?? options.up) !== undefined) {
    throw new UsageError('--rate is for calls that come whole: leave out --credit and --up')
  }
  const servers = given ?? (rate === undefined ? undefined : [options])
  if (trace !== undefined) recordMemory()
  if (!servers) {
    const peer = await connect(options, { framing: options.framing, extensions: [streams] })
    await callEach(peer.call, options)
    return peer.close()
  }
  const there = resilient(servers, { framing: options.framing })
  // Whoever is connected first can be asked. If nobody is, each call says so.
  await there.connected(AbortSignal.timeout(1_000)).catch(() => {})
  if (rate === undefined) await callEach(there.call, options)
  else await callSteadily(there, { ...options, rate })
  await there.close()
})

type Options = Omit<ReturnType<typeof clientOptions<typeof own>>, 'servers' | 'rate' | 'trace'>

async function callEach(plain: Call, { calls, limit, priority, timeout = Infinity, credit, slow, up }: Options): Promise<void> {
  const call = deadlined(plain, timeout)
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

  printSettled(calls, await gatherSettled(calls, one, { limit }))
}

/** The calls in turn, so many a second; prints what became of them. Some server may never answer, so there is an end. */
async function callSteadily(
  { call, counts, backends }: Resilient,
  { calls, priority, timeout = 10_000, rate, seconds }: Options & { rate: number },
): Promise<void> {
  const inTime = deadlined(call, timeout)
  const extras = priority === undefined ? undefined : () => ({ meta: { priority } })
  const report = await steady((n) => {
    const { method, params } = calls[n % calls.length]!
    return inTime(method, params, { extras })
  }, { rate, seconds })
  const asked = Object.fromEntries(backends.map(({ name, picked }) => [name, picked]))
  printResult({ ...report, ...counts, asked })
  if (report.ok < report.calls) process.exitCode = 1
}
