import { channel } from 'node:diagnostics_channel'
import { threadId } from 'node:worker_threads'
import type { Category, TraceEvent } from './event.ts'

/** The diagnostics channel that the events are published on, each a TraceEvent. */
export const traceChannel = channel('rpc-steps')

/** Microseconds on the monotonic clock of this machine. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1000
}

/** The request that calls are being made for. */
let cause: string | undefined

/**
 * Where the steps say what happens. Calls are named by the client's port and the request's id,
 * which both ends know. When nobody listens, an event costs one look at `on`; guard with it
 * whatever must be made ready first.
 */
export const trace = {
  get on(): boolean {
    return traceChannel.hasSubscribers
  },

  /** The thread enters a span: asleep in the kernel, or running. Spans nest. */
  enter(cat: 'kernel' | 'run', name: string, port?: number, id?: unknown): void {
    emit('B', cat, name, port, id)
  },
  /** The thread leaves the span that it entered last. */
  leave(cat: 'kernel' | 'run', name: string): void {
    emit('E', cat, name)
  },
  /** Runs a function inside a span of this thread. */
  ran<T>(name: string, port: number, id: unknown, run: () => T): T {
    if (!traceChannel.hasSubscribers) return run()
    emit('B', 'run', name, port, id)
    try {
      return run()
    } finally {
      emit('E', 'run', name)
    }
  },

  /** Client: the call begins. */
  called(method: string, port: number, id: unknown): void {
    emit('b', 'call', method, port, id, cause === undefined ? undefined : { args: { for: cause } })
  },
  /** Server: the calls that `make` begins before it returns are made to answer this request. */
  because<T>(port: number, id: unknown, make: () => T): T {
    if (!traceChannel.hasSubscribers) return make()
    const before = cause
    cause = `${port}:${String(id)}`
    try {
      return make()
    } finally {
      cause = before
    }
  },
  /** Client: the request is handed to the kernel, or to the buffer in front of it. */
  requestSent(port: number, id: unknown): void {
    emitEnd('flow_out', 'request', port, id)
  },
  /** Server: the request was read; from here on it is being handled. */
  requestReceived(method: string, port: number, id: unknown): void {
    emitEnd('flow_in', 'request', port, id)
    emit('b', 'handle', method, port, id)
  },
  /** Server: the reply was handed to the kernel, or to the buffer in front of it. */
  replySent(method: string, port: number, id: unknown): void {
    emit('e', 'handle', method, port, id)
    emitEnd('flow_out', 'reply', port, id)
  },
  /** Client: the reply was read. */
  replyReceived(port: number, id: unknown): void {
    emitEnd('flow_in', 'reply', port, id)
  },
  /** Client: the caller has its result or its error. */
  settled(method: string, port: number, id: unknown): void {
    emit('e', 'call', method, port, id)
  },

  /** Server: the request begins to wait for its turn. */
  queued(method: string, port: number, id: unknown): void {
    emit('b', 'queue', method, port, id)
  },
  /** Server: its turn has come. */
  dequeued(method: string, port: number, id: unknown): void {
    emit('e', 'queue', method, port, id)
  },
  /** Server: a worker has the request. */
  working(method: string, port: number, id: unknown): void {
    emit('b', 'work', method, port, id)
  },
  /** Server: the worker is free again. */
  worked(method: string, port: number, id: unknown): void {
    emit('e', 'work', method, port, id)
  },

  /** Something worth a mark on this thread. */
  mark(name: string): void {
    emit('i', 'mark', name)
  },
}

function emit(
  ph: TraceEvent['ph'],
  cat: Category,
  name: string,
  port?: number,
  id?: unknown,
  more?: Partial<TraceEvent>,
): void {
  if (!traceChannel.hasSubscribers) return
  const event: TraceEvent = { ph, cat, name, ts: now(), pid: process.pid, tid: threadId }
  if (port !== undefined) event.id = `${port}:${String(id)}`
  if (ph === 'i') event.s = 't'
  traceChannel.publish(Object.assign(event, more))
}

/** One end of the arrow that a message is. */
function emitEnd(
  end: 'flow_out' | 'flow_in',
  name: 'request' | 'reply',
  port: number,
  id: unknown,
): void {
  if (!traceChannel.hasSubscribers) return
  // Digits of a decimal number are digits of a hexadecimal one, and letters can stand between.
  const bind_id = `${port}a${String(id)}${name === 'request' ? 'b' : 'c'}`
  emit('X', 'wire', name, port, id, { dur: 0, bind_id, [end]: true })
}
