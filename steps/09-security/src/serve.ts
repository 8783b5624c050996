import type { Duplex } from 'node:stream'
import { answer } from '@rpc-steps/async-await'
import type { Address, Handler, Peer } from '@rpc-steps/async-await'
import { UsageError } from '@rpc-steps/cli'
import { deadlined, inTime } from '@rpc-steps/deadlines'
import { drained, streamed, streaming, streams } from '@rpc-steps/streaming'
import type { StreamHandler } from '@rpc-steps/streaming'
import { onThreads, queued } from '@rpc-steps/task-queue'
import type { Queued, QueueOptions } from '@rpc-steps/task-queue'
import { recordMemory } from '@rpc-steps/trace'
import type { Framing } from '@rpc-steps/wire'
import { Admission } from './admission.ts'
import { audit as createAudit } from './audit.ts'
import type { Credentials } from './credentials.ts'
import { gate } from './gate.ts'
import type { Gate, GateOptions } from './gate.ts'
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
  /** Is put around all of it: what the guard refuses comes here as well. */
  outside?: (handler: Handler) => Handler
  /** Is put around the queue, inside of the guard and the deadline. */
  around?: (queue: Queued) => Handler
  /** Is put around the service itself: what waits in the queue has not come here yet, and what was refused never does. */
  inner?: (handler: StreamHandler) => StreamHandler
  /** What each connection hears besides its requests; streams are always among it. */
  extensions?: readonly ((peer: Peer) => void)[]
  /** Other ways in to the same service. */
  doors?: readonly ((inside: Inside) => Promise<Door>)[]
  /** It has been asked to end: said before it stops taking requests. It closes when this resolves, and not before. */
  closing?: () => void | Promise<void>
}

/** What another way in leads to. */
export interface Inside {
  /** With all that is checked of a request. A request that has come through a gate has its guest's `visitor` on its context, and `known`. */
  handler: Handler
  /** A gate that counts and believes as the usual one does. */
  gate(accept: (stream: Duplex) => void, options?: Pick<GateOptions, 'alpn'>): Gate
  /** What the peers of the usual way in hear besides requests. */
  extensions: readonly ((peer: Peer) => void)[]
}

/** Another way in, which is open. */
export interface Door {
  /** New connections see these. */
  renew?(credentials: Credentials): void
  /** Asks whoever sends requests to send no more; resolves when none can come. Until then they are taken. */
  leave?(): Promise<void>
  /** Nothing is in flight any more, or it has taken too long. */
  close(): Promise<void>
}

// #region serve
/**
 * The server of a command line: what steps 04 to 08 have made, behind this step's guard. Rejects with
 * UsageError, and if a file is wrong or nobody can listen there.
 */
export async function serve(options: ServeOptions, additions: Additions = {}): Promise<SecureServer> {
  const { outside = (handler) => handler, around = (queue) => queue, inner = (handler) => handler, doors = [], closing } = additions
  const extensions = [streams, ...(additions.extensions ?? [])]
  const { certificates: folder, policy, threads, trace, framing, batch } = options
  if (folder === undefined && (policy !== undefined || options.watch)) {
    throw new UsageError('--policy and --watch need --certificates: on a plain connection nobody can say who they are')
  }
  if (trace !== undefined) recordMemory()
  let guard = folder === undefined ? undefined : await readGuard(folder, policy)
  const audit = createAudit()

  const pool = threads > 0 ? onThreads(answer, ['hash'], { threads, trace }) : undefined
  const queue = queued(inTime(streamed(inner(streaming(pool ?? answer)))), options)
  // However many streams wait for one caller, half of the workers are there for all others.
  const { streams: most = Math.max(1, Math.floor(options.workers / 2)) } = options
  const limits = { requests: options['in-flight'], size: options['in-flight-size'], streams: most }
  const handler = guarded(deadlined(around(queue)), guard && (() => guard!), { ...limits, audit })
  const seen = outside(handler)

  const { connections, strangers, handshake, 'per-address': perAddress } = options
  const admission = new Admission({ connections, perAddress, strangers, handshake }, { audit })
  const gates = { admission, audit, open: () => !guard || isOpen(guard.policy) }
  const server = await listenSecurely(seen, options, {
    ...gates, framing, batch, extensions, credentials: guard?.credentials,
  })
  const inside: Inside = {
    handler: seen,
    gate: (accept, options) => gate(accept, { ...gates, credentials: guard?.credentials, ...options }),
    extensions,
  }
  const opened: Door[] = []
  try {
    for (const open of doors) opened.push(await open(inside))
  } catch (error) {
    // Where one way in cannot be opened, none stays open.
    await Promise.all([server, ...opened].map((door) => door.close()))
    await pool?.close()
    throw error
  }
  const readAgain = async (folder: string) => {
    const fresh = await readGuard(folder, policy)
    for (const door of [server, ...opened]) door.renew?.(fresh.credentials)
    guard = fresh
  }
  const stop = folder === undefined ? undefined : renewing(() => readAgain(folder), options.watch ? folder : undefined)
  const close = async () => {
    stop?.()
    await Promise.all(opened.map(async (door) => door.leave?.()))
    await Promise.all([closing?.(), drained(queue)])
    await Promise.all([server, ...opened].map((door) => door.close()))
    await pool?.close()
  }
  return { ...server, close, [Symbol.asyncDispose]: close }
}
// #endregion
