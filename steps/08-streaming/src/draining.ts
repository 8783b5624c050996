import { setTimeout as delay } from 'node:timers/promises'
import type { Queued } from '@rpc-steps/task-queue'

/**
 * Drains a queue for at most so many milliseconds. Who reads a stream may have stopped for good, and no
 * server waits for that without end. What is left then is for the connections, which go on while there
 * is progress: closing them ends what stands still.
 */
export async function drained(queue: Pick<Queued, 'drain'>, ms = 30_000): Promise<void> {
  const enough = new AbortController()
  const tooLong = delay(ms, undefined, enough).catch(() => {})
  await Promise.race([queue.drain(), tooLong])
  enough.abort()
}
