import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { syscalls } from '@rpc-steps/sockets'
import type { ConnectionOptions } from './connection.ts'
import type { Listener } from './server.ts'

/** What the threads of a server grant a client; it is copied to each of them. */
export interface ThreadOptions extends Omit<ConnectionOptions, 'log' | 'syscalls'> {
  /** The trace file of this process, if it writes one. */
  trace?: string | undefined
}

// #region threads
/**
 * Serves the service in `count` threads, and returns when all have started. A file descriptor is
 * the process's, not the thread's: all of them sleep in accept on the same one, and the kernel
 * wakes one for each client.
 */
export async function startThreads(
  { fd }: Listener,
  count: number,
  options: ThreadOptions = {},
): Promise<void> {
  const started = Array.from({ length: count }, (_, i) => {
    const workerData: ThreadData = { ...options, fd, number: i + 1 }
    return once(new Worker(new URL('./worker.mjs', import.meta.url), { workerData }), 'message')
  })
  try {
    await Promise.all(started)
  } catch (error) {
    // Those that did start can be woken by nothing else: they do not look at their messages.
    syscalls.shutdown(fd, 'both')
    throw error
  }
}
// #endregion

/** What a thread is given to begin with. */
export interface ThreadData extends ThreadOptions {
  fd: number
  number: number
}
