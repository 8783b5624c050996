/**
 * What a span of time was spent on.
 *
 * - `kernel`: the thread slept in a system call (its name: recv, accept, poll ...)
 * - `run`: the thread ran a handler or a callback
 * - `call`: the caller waited for the reply, from the call until it was settled
 * - `handle`: the server had the request and had not answered yet
 * - `queue`: the request waited for its turn in a queue of ours
 * - `wire`: the way of a message from one end to the other
 */
export type Category = 'kernel' | 'run' | 'call' | 'handle' | 'queue' | 'wire' | 'mark'

/**
 * One line of a trace file, in the Trace Event Format that Chrome and Perfetto read.
 * `B`/`E` open and close a span of a thread, `b`/`e` a span of a call, `s`/`f` are the two ends
 * of an arrow, `i` is an instant, `M` names a process or thread.
 */
export interface TraceEvent {
  ph: 'B' | 'E' | 'b' | 'e' | 's' | 'f' | 'i' | 'M'
  cat: Category | '__metadata'
  name: string
  /** Microseconds, on the monotonic clock that all processes of one machine share. */
  ts: number
  pid: number
  tid: number
  /** `PORT:ID` for a call: the client's port and the id of the request. */
  id?: string
  /** `e` on an arrow's end: it points at the span around it. `t` on an instant: one thread's. */
  bp?: 'e'
  s?: 't'
  args?: Record<string, string | number>
}
