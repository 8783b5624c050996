/**
 * What a span of time was spent on.
 *
 * - `kernel`: the thread slept in a system call (its name: recv, accept, poll ...)
 * - `run`: the thread ran a handler or a callback
 * - `call`: the caller waited for the reply, from the call until it was settled
 * - `handle`: the server had the request and had not answered yet
 * - `queue`: the request waited for its turn in a queue of ours
 * - `work`: its turn had come, and a worker had it until there was an answer
 * - `wire`: the way of a message from one end to the other
 */
export type Category = 'kernel' | 'run' | 'call' | 'handle' | 'queue' | 'work' | 'wire' | 'mark'

/**
 * One line of a trace file, in the Trace Event Format that Chrome and Perfetto read.
 * `B`/`E` open and close a span of a thread, `b`/`e` a span of a call, `X` is an end of an arrow,
 * `i` is an instant, `M` names a process or thread.
 */
export interface TraceEvent {
  ph: 'B' | 'E' | 'b' | 'e' | 'X' | 'i' | 'M'
  cat: Category | '__metadata'
  name: string
  /** Microseconds, on the monotonic clock that all processes of one machine share. */
  ts: number
  pid: number
  tid: number
  /** `PORT:ID` for a call: the client's port and the id of the request. */
  id?: string
  /**
   * What makes an event an end of an arrow. Perfetto draws arrows between spans of threads only,
   * so each end is one, of no length; and it knows the two by a number, in hexadecimal digits.
   */
  dur?: 0
  bind_id?: string
  flow_out?: true
  flow_in?: true
  /** `t` on an instant: one thread's. */
  s?: 't'
  /** The name of a process or thread; on the beginning of a call `for`, the id of the one that it is made for. */
  args?: Record<string, string | number>
}
