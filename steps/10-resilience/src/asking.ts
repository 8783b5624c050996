import type { Address, Call } from '@rpc-steps/async-await'
import { printResult, UsageError } from '@rpc-steps/cli'
import { deadlined } from '@rpc-steps/deadlines'
import { introduction } from '@rpc-steps/security'
import { ask, streams } from '@rpc-steps/streaming'
import type { Asked } from '@rpc-steps/streaming'
import { recordMemory } from '@rpc-steps/trace'
import type { Framing } from '@rpc-steps/wire'
import type { Picker } from './picking.ts'
import { resilient } from './resilient.ts'
import type { Resilient } from './resilient.ts'
import { steady } from './steady.ts'

/** The command line of a client, as `step.ts` describes it. */
export interface AskOptions extends Asked, Address {
  framing: Framing
  trace: string | undefined
  timeout: number | undefined
  certificates: string | undefined
  as: string | undefined
  token: string | undefined
  servers: readonly Address[] | undefined
  rate: number | undefined
  seconds: number
}

/**
 * Makes the calls of a command line, and prints what comes of them: as step 09 does, or over several servers, or
 * at a steady rate. `read` reads another pause. Rejects with UsageError.
 */
export async function askResiliently(options: AskOptions, read: (line: string) => number, picker?: Picker): Promise<void> {
  const { rate, timeout, framing, trace } = options
  if (rate !== undefined && (options.credit ?? options.up) !== undefined) {
    throw new UsageError('--rate is for calls that come whole: leave out --credit and --up')
  }
  const { dial, introduce } = await introduction(options)
  if (trace !== undefined) recordMemory()
  const servers = options.servers ?? (rate === undefined ? undefined : [options])
  if (!servers) {
    const peer = await dial(options, { framing, extensions: [streams] })
    await ask(deadlined(introduce(peer.call), timeout ?? Infinity), options, read)
    return peer.close()
  }
  const there = resilient(servers, { framing, dial, ...(picker && { picker }) })
  // Whoever is connected first can be asked. If nobody is, each call says so.
  await there.connected(AbortSignal.timeout(1_000)).catch(() => {})
  // Some server may never answer, so there is an end.
  const call = deadlined(introduce(there.call), timeout ?? (rate === undefined ? Infinity : 10_000))
  if (rate === undefined) await ask(call, options, read)
  else await callSteadily(call, there, { ...options, rate })
  await there.close()
}

/** The calls in turn, so many a second; prints what became of them. */
async function callSteadily(call: Call, { counts, backends }: Resilient, options: AskOptions & { rate: number }): Promise<void> {
  const { calls, priority, rate, seconds } = options
  const extras = priority === undefined ? undefined : () => ({ meta: { priority } })
  const report = await steady((n) => {
    const { method, params } = calls[n % calls.length]!
    return call(method, params, { extras })
  }, { rate, seconds })
  const asked = Object.fromEntries(backends.map(({ name, picked }) => [name, picked]))
  printResult({ ...report, ...counts, asked })
  if (report.ok < report.calls) process.exitCode = 1
}
