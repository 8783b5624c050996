import { pickers } from '@rpc-steps/adaptive'
import type { Address, CallOptions } from '@rpc-steps/async-await'
import { UsageError } from '@rpc-steps/cli'
import { deadlined } from '@rpc-steps/deadlines'
import { askResiliently } from '@rpc-steps/resilience'
import type { AskOptions } from '@rpc-steps/resilience'
import { introduction } from '@rpc-steps/security'
import { ask } from '@rpc-steps/streaming'
import { recordMemory } from '@rpc-steps/trace'
import type { Meta } from '@rpc-steps/wire'
import { overGrpc } from './grpc-client.ts'
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
const ways: Record<Exclude<StandardAskOptions['over'], 'tcp'>, (address: Address, caller: Caller) => Remote | Promise<Remote>> = {
  http: overHttp,
  websocket: overWebSocket,
  grpc: overGrpc,
}

/** Makes the calls of a command line in the language that it names. `read` reads another pause. Rejects with UsageError. */
export async function askOver(options: StandardAskOptions, read: (line: string) => number): Promise<void> {
  const { over, host, port, timeout, trace, rate, servers } = options
  if (over === 'tcp') return askResiliently(options, read, pickers[options.pick]())
  if (servers ?? rate) throw new UsageError('--servers and --rate are for --over tcp')
  if (trace !== undefined) recordMemory()
  const { credentials, token } = await introduction(options)
  const remote = await ways[over]({ host, port }, { credentials, token })
  const meta: Meta = timeout === undefined ? {} : { timeoutMs: timeout }
  const said = (given: CallOptions = {}): CallOptions => ({
    ...given,
    extras() {
      const extras = given.extras?.()
      return { ...extras, meta: { ...extras?.meta, ...meta } }
    },
  })
  await ask({
    // A server that does not keep to it is not waited for.
    call: deadlined(remote.call, timeout ?? Infinity),
    stream: (method, params, given) => remote.stream(method, params, { ...given, ...said(given) }),
    upload: (method, params, up, given) => remote.upload(method, params, up, said(given)),
  }, options, read)
  await remote.close()
}
