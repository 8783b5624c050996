import { answer } from '@rpc-steps/async-await'
import type { Address, Handler, Peer } from '@rpc-steps/async-await'
import { UsageError } from '@rpc-steps/cli'
import { deadlined, inTime } from '@rpc-steps/deadlines'
import { drained, streamed, streaming, streams } from '@rpc-steps/streaming'
import { onThreads, queued } from '@rpc-steps/task-queue'
import type { Queued, QueueOptions } from '@rpc-steps/task-queue'
import { recordMemory } from '@rpc-steps/trace'
import type { Framing } from '@rpc-steps/wire'
import { audit as createAudit } from './audit.ts'
import { guarded, isOpen, readGuard } from './guard.ts'
import { listenSecurely } from './listening.ts'
import type { SecureServer } from './listening.ts'
import { renewing } from './renewing.ts'

/** The command line of a server, as `step.ts` describes it. */
export interface ServeOptions extends Address, Required<Pick<QueueOptions, 'workers' | 'capacity' | 'order'>> {
  framing: Framing
  trace: string | undefined
  threads: number
  certificates: string | undefined
  policy: string | undefined
  watch: boolean
  connections: number
  'per-address': number
  strangers: number
  handshake: number
  'in-flight': number
  'in-flight-size': number
  streams: number | undefined
  batch: number
}

/** What a later step adds to it. */
export interface Additions {
  /** Is put around the queue, inside of the guard and the deadline. */
  around?: (queue: Queued) => Handler
  /** What each connection hears besides its requests; streams are always among it. */
  extensions?: readonly ((peer: Peer) => void)[]
  /** It has been asked to end: said before it stops taking requests. It closes when this resolves, and not before. */
  closing?: () => void | Promise<void>
}

// #region serve
/**
 * The server of a command line: what steps 04 to 08 have made, behind this step's guard. Rejects with
 * UsageError, and if a file is wrong or nobody can listen there.
 */
export async function serve(options: ServeOptions, additions: Additions = {}): Promise<SecureServer> {
  const { around = (queue) => queue, extensions = [], closing } = additions
  const { certificates: folder, policy, threads, trace, framing, batch } = options
  if (folder === undefined && (policy !== undefined || options.watch)) {
    throw new UsageError('--policy and --watch need --certificates: on a plain connection nobody can say who they are')
  }
  if (trace !== undefined) recordMemory()
  let guard = folder === undefined ? undefined : await readGuard(folder, policy)
  const audit = createAudit()

  const pool = threads > 0 ? onThreads(answer, ['hash'], { threads, trace }) : undefined
  const queue = queued(inTime(streamed(streaming(pool ?? answer))), options)
  // However many streams wait for one caller, half of the workers are there for all others.
  const { streams: most = Math.max(1, Math.floor(options.workers / 2)) } = options
  const limits = { requests: options['in-flight'], size: options['in-flight-size'], streams: most }
  const handler = guarded(deadlined(around(queue)), guard && (() => guard!), { ...limits, audit })

  const { connections, strangers, handshake, 'per-address': perAddress } = options
  const server = await listenSecurely(handler, options, {
    framing, batch, audit, extensions: [streams, ...extensions], credentials: guard?.credentials,
    admission: { connections, perAddress, strangers, handshake },
    open: () => !guard || isOpen(guard.policy),
  })
  const readAgain = async (folder: string) => {
    const fresh = await readGuard(folder, policy)
    server.renew(fresh.credentials)
    guard = fresh
  }
  const stop = folder === undefined ? undefined : renewing(() => readAgain(folder), options.watch ? folder : undefined)
  const close = async () => {
    stop?.()
    await Promise.all([closing?.(), drained(queue)])
    await server.close()
    await pool?.close()
  }
  return { ...server, close, [Symbol.asyncDispose]: close }
}
// #endregion
