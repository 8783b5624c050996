import type { Call } from '@rpc-steps/async-await'
import { clientOptions, main, ownOptions, printResult, UsageError } from '@rpc-steps/cli'
import { deadlined } from '@rpc-steps/deadlines'
import { introduction } from '@rpc-steps/security'
import { ask, streams } from '@rpc-steps/streaming'
import { recordMemory } from '@rpc-steps/trace'
import { resilient, serversOption, steady } from './src/index.ts'
import type { Resilient } from './src/index.ts'
import step from './step.ts'

const own = { ...ownOptions(step, 'client'), servers: serversOption }

await main(async () => {
  const options = clientOptions(own)
  const { rate, timeout, framing, trace } = options
  if (rate !== undefined && (options.credit ?? options.up) !== undefined) {
    throw new UsageError('--rate is for calls that come whole: leave out --credit and --up')
  }
  const { dial, introduce } = await introduction(options)
  if (trace !== undefined) recordMemory()
  const servers = options.servers ?? (rate === undefined ? undefined : [options])
  if (!servers) {
    const peer = await dial(options, { framing, extensions: [streams] })
    await ask(deadlined(introduce(peer.call), timeout ?? Infinity), options, own.slow.read)
    return peer.close()
  }
  const there = resilient(servers, { framing, dial })
  // Whoever is connected first can be asked. If nobody is, each call says so.
  await there.connected(AbortSignal.timeout(1_000)).catch(() => {})
  // Some server may never answer, so there is an end.
  const call = deadlined(introduce(there.call), timeout ?? (rate === undefined ? Infinity : 10_000))
  if (rate === undefined) await ask(call, options, own.slow.read)
  else await callSteadily(call, there, { ...options, rate })
  await there.close()
})

type Options = Pick<ReturnType<typeof clientOptions<typeof own>>, 'calls' | 'priority' | 'seconds'> & { rate: number }

/** The calls in turn, so many a second; prints what became of them. */
async function callSteadily(call: Call, { counts, backends }: Resilient, { calls, priority, rate, seconds }: Options): Promise<void> {
  const extras = priority === undefined ? undefined : () => ({ meta: { priority } })
  const report = await steady((n) => {
    const { method, params } = calls[n % calls.length]!
    return call(method, params, { extras })
  }, { rate, seconds })
  const asked = Object.fromEntries(backends.map(({ name, picked }) => [name, picked]))
  printResult({ ...report, ...counts, asked })
  if (report.ok < report.calls) process.exitCode = 1
}
