import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { iteratorOf } from '@rpc-steps/streaming'
import type { Items } from '@rpc-steps/streaming'
import type { Codec } from './messages.ts'

/**
 * Writes all items to one end of a gRPC stream, and asks for the next when there is room for it. Rejects with what the
 * items end with, and with the reason of the signal; in any case whoever makes them has been told to end.
 */
export async function send(items: Items, call: Writable, codec: Codec, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const iterator = iteratorOf(items)
  // It may wait inside for something that has not heard of it; then this takes effect when that is over.
  const onAbort = () => void Promise.resolve(iterator.return?.()).catch(() => {})
  signal.addEventListener('abort', onAbort)
  try {
    for await (const item of { [Symbol.asyncIterator]: () => iterator }) {
      signal.throwIfAborted()
      if (!call.write(codec.write(item ?? null))) await once(call, 'drain', { signal })
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
  signal.throwIfAborted()
}

/** Bytes go in and out of the library as they are: what they mean is for the codec, whose errors say more. */
export function asIs(bytes: Buffer): Buffer {
  return bytes
}
