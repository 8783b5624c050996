import { fileURLToPath } from 'node:url'
import type { Handler } from '@rpc-steps/async-await'
import { RpcError } from '@rpc-steps/wire'
import type { ErrorObject, Json, Request } from '@rpc-steps/wire'
import { Piscina } from 'piscina'

/** What a thread is asked, and what it says: an error of another class would lose its code on the way. */
export interface Task {
  request: Request
  /** Names the connection in a trace. */
  label: number
}
export type Outcome = { result: Json | void; error?: never } | { error: ErrorObject }

/** How many threads, and how long they stay. */
export interface ThreadOptions {
  /** Threads at most. They are started when there is work for them. Default 1. */
  threads?: number
  /** Milliseconds that a thread stays without work. Default 30,000. */
  idle?: number
  /** The trace file of this process, for the threads to join. */
  trace?: string | undefined
}

/** A handler with threads of its own. */
export interface Threaded extends Handler {
  /** Ends the threads, whatever they are at. */
  close(): Promise<void>
}

// #region on-threads
/**
 * Has the methods of the service that are named run on threads, and all others by `handler`. What
 * keeps the processor busy there keeps nobody waiting here.
 */
export function onThreads(handler: Handler, methods: readonly string[], options: ThreadOptions = {}): Threaded {
  const { threads = 1, idle = 30_000, trace } = options
  const pool = new Piscina<Task, Outcome>({
    filename: fileURLToPath(new URL('./thread.mjs', import.meta.url)),
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: idle,
    workerData: { trace },
  })
  const onThread = async (request: Request, { signal, label }: { signal: AbortSignal; label: number }) => {
    try {
      // One that waits is taken out when its signal is aborted; of one that runs the thread is ended,
      // because nothing else stops a loop, and a new one is started for the next.
      const { error, ...outcome } = await pool.run({ request, label }, { signal })
      if (error) throw new RpcError(error.code, error.message, error.data)
      return (outcome as { result: Json | void }).result
    } catch (error) {
      throw signal.aborted ? signal.reason : error
    }
  }
  const named = new Set(methods)
  const answer: Handler = (request, context) => {
    return named.has(request.method) ? onThread(request, context) : handler(request, context)
  }
  return Object.assign(answer, { close: () => pool.destroy() })
}
// #endregion
