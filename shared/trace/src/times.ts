import type { TraceEvent } from './event.ts'
import { spansOf } from './read.ts'

/** Where the time of one call went, in milliseconds. `total` is the sum of the other four. */
export interface CallTimes {
  id: string
  method: string
  /** When the call began, on the clock of the trace. */
  start: number
  total: number
  /** T_request: on the server, from the request read to the reply written, less `queue`. */
  request: number
  /** T_queue: on the server, waiting for its turn. */
  queue: number
  /** T_response: in the client, from the reply read to the caller having it. */
  response: number
  /** T_communication: the rest, which is both ways through kernel and network. */
  communication: number
}

/** The times of each call in a trace that holds both ends, in the order of the calls. */
export function timesOf(events: readonly TraceEvent[]): CallTimes[] {
  const spans = spansOf(events)
  const spent = (cat: string, id: string | undefined) =>
    spans.filter((s) => s.cat === cat && s.id === id).reduce((sum, s) => sum + s.end - s.start, 0)
  const replyRead = new Map(
    events.filter((e) => e.flow_in && e.name === 'reply').map((e) => [e.id, e.ts]),
  )
  return spans
    .filter((span) => span.cat === 'call')
    .map(({ id, name, start, end }) => {
      const total = end - start
      const queue = spent('queue', id)
      const request = spent('handle', id) - queue
      const response = end - (replyRead.get(id) ?? end)
      const communication = total - request - queue - response
      const ms = (us: number) => us / 1000
      return {
        id: id ?? '',
        method: name,
        start: ms(start),
        total: ms(total),
        request: ms(request),
        queue: ms(queue),
        response: ms(response),
        communication: ms(communication),
      }
    })
}

/** Milliseconds from the first call's beginning to the last one's end. */
export function elapsed(calls: readonly CallTimes[]): number {
  if (calls.length === 0) return 0
  const starts = calls.map((call) => call.start)
  return Math.max(...calls.map((call) => call.start + call.total)) - Math.min(...starts)
}

/** When the last of `times` has ended, if at most `places` of them go on at once, in order. */
export function makespan(times: readonly number[], places: number): number {
  const ends = new Array<number>(Math.min(places, times.length)).fill(0)
  for (const time of times) {
    const first = ends.indexOf(Math.min(...ends))
    ends[first] = ends[first]! + time
  }
  return Math.max(...ends)
}
