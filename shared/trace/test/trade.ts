import type { TraceEvent } from '../src/index.ts'

/** How long each part of a call takes, in microseconds. */
export interface Trade {
  /** `PORT:ID` */
  id: string
  start: number
  there: number
  queue: number
  handle: number
  back: number
  give: number
}

/** The events of one call between a client (process 1) and a server (process 2). */
export function trade({ id, start, there, queue, handle, back, give }: Trade): TraceEvent[] {
  const client = { name: 'say', pid: 1, tid: 0 }
  const server = { name: 'say', pid: 2, tid: 0 }
  const received = start + there
  const replied = received + queue + handle
  const read = replied + back
  const events: TraceEvent[] = [
    { ...client, ph: 'b', cat: 'call', id, ts: start },
    { ...client, ph: 'X', cat: 'wire', name: 'request', id, flow_out: true, ts: start },
    { ...server, ph: 'X', cat: 'wire', name: 'request', id, flow_in: true, ts: received },
    { ...server, ph: 'b', cat: 'handle', id, ts: received },
    { ...server, ph: 'e', cat: 'handle', id, ts: replied },
    { ...server, ph: 'X', cat: 'wire', name: 'reply', id, flow_out: true, ts: replied },
    { ...client, ph: 'X', cat: 'wire', name: 'reply', id, flow_in: true, ts: read },
    { ...client, ph: 'e', cat: 'call', id, ts: read + give },
  ]
  const wait: TraceEvent[] = [
    { ...server, ph: 'b', cat: 'queue', id, ts: received },
    { ...server, ph: 'e', cat: 'queue', id, ts: received + queue },
  ]
  return queue > 0 ? [...events.slice(0, 4), ...wait, ...events.slice(4)] : events
}
