import { closeSync, openSync, writeSync } from 'node:fs'
import { threadId } from 'node:worker_threads'
import type { TraceEvent } from './event.ts'
import { now, trace, traceChannel } from './trace.ts'

/**
 * Writes the events of this thread to a file until the process ends, or until the function that
 * it returns is called. Each event is written at once: a process that a signal kills leaves
 * everything but the last bracket, and readers of the format do not need that.
 *
 * A worker thread passes the file of its main thread and `join`, and adds its own events.
 */
export function recordTo(file: string, name: string, join = false): () => void {
  // Opened for appending, so that the threads of a process do not write over each other.
  if (!join) closeSync(openSync(file, 'w'))
  const fd = openSync(file, 'a')

  const about = { cat: '__metadata', ph: 'M', ts: now(), pid: process.pid, tid: threadId } as const
  const what = join ? 'thread_name' : 'process_name'
  const first = JSON.stringify({ ...about, name: what, args: { name } } satisfies TraceEvent)
  writeSync(fd, join ? `,\n${first}` : `[\n${first}`)

  const onEvent = (event: unknown) => writeSync(fd, `,\n${JSON.stringify(event)}`)
  traceChannel.subscribe(onEvent)
  const close = () => {
    process.off('exit', close)
    traceChannel.unsubscribe(onEvent)
    if (!join) writeSync(fd, '\n]\n')
    closeSync(fd)
  }
  process.on('exit', close)
  return close
}

/** Adds the memory of this process every `ms` milliseconds, for as long as it lives. */
export function recordMemory(ms = 50): void {
  trace.memory()
  setInterval(() => trace.memory(), ms).unref()
}
