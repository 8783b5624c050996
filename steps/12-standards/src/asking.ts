import { readFile } from 'node:fs/promises'
import { pickers } from '@rpc-steps/adaptive'
import type { Address } from '@rpc-steps/async-await'
import { UsageError } from '@rpc-steps/cli'
import { deadlined } from '@rpc-steps/deadlines'
import { askResiliently } from '@rpc-steps/resilience'
import type { AskOptions } from '@rpc-steps/resilience'
import { readCredentials } from '@rpc-steps/security'
import { ask } from '@rpc-steps/streaming'
import { recordMemory } from '@rpc-steps/trace'
import { overHttp } from './over-http.ts'
import { overWebSocket } from './over-peer.ts'
import type { Caller } from './over-peer.ts'
import type { Remote } from './remote.ts'

/** The command line of a client, as `step.ts` describes it. */
export interface StandardAskOptions extends AskOptions {
  over: 'http' | 'websocket' | 'grpc' | 'tcp'
  pick: keyof typeof pickers
}

/** What each language is reached by. */
const ways: Partial<Record<StandardAskOptions['over'], (address: Address, caller: Caller) => Remote | Promise<Remote>>> = {
  http: overHttp,
  websocket: overWebSocket,
}

// #region ask-over
/** Makes the calls of a command line in the language that it names. `read` reads another pause. Rejects with UsageError. */
export async function askOver(options: StandardAskOptions, read: (line: string) => number): Promise<void> {
  const { over, host, port, timeout, trace, rate, servers } = options
  if (over === 'tcp') return askResiliently(options, read, pickers[options.pick]())
  const open = ways[over]
  if (!open) throw new UsageError(`nobody here speaks ${over}`)
  if (servers ?? rate) throw new UsageError('--servers and --rate are for --over tcp')
  if (trace !== undefined) recordMemory()
  const remote = await open({ host, port }, await callerOf(options))
  const meta = timeout === undefined ? {} : { meta: { timeoutMs: timeout } }
  await ask({
    call: deadlined(remote.call, timeout ?? Infinity),
    stream: (method, params, options) => remote.stream(method, params, { ...options, extras: () => besides(options.extras?.(), meta) }),
    upload: (method, params, up, options) => remote.upload(method, params, up, { ...options, extras: () => besides(options.extras?.(), meta) }),
  }, options, read)
  await remote.close()
}
// #endregion

function besides<E extends { meta?: object }>(given: E | undefined, { meta }: { meta?: object }): E {
  return { ...given, meta: { ...given?.meta, ...meta } } as E
}

async function callerOf({ certificates, as, token }: StandardAskOptions): Promise<Caller> {
  if (certificates === undefined) {
    if (as === undefined && token === undefined) return {}
    throw new UsageError('--as and --token need --certificates: on a plain connection everybody on the way could read it')
  }
  return {
    credentials: await readCredentials(certificates, as),
    token: token === undefined ? undefined : (await readFile(token, 'utf8')).trim(),
  }
}
