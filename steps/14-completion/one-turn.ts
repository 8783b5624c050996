import * as readiness from '@rpc-steps/event-loop'
import type { Handler } from '@rpc-steps/event-loop'
import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { syscalls as kernel } from '@rpc-steps/sockets'
import type { Syscalls } from '@rpc-steps/sockets'
import { now } from '@rpc-steps/trace'
import type { TraceEvent } from '@rpc-steps/trace'
import * as completion from './src/index.ts'
import { Crowd } from './measure/crowd.ts'

const usage = `one-turn.ts [options]

Prints a trace of what one thread does for 64 requests that wait for it: with the loop of step 03, and
with that of this step. Linux only.`

const connections = 64

/** A call into the kernel, in microseconds. */
interface Call {
  name: string
  start: number
  end: number
}

/** The kernel, with a note of each call that serves a connection. */
function noted(calls: Call[]): Syscalls {
  const note = <Parameters extends unknown[]>(name: string, call: (...parameters: Parameters) => number) =>
    (...parameters: Parameters): number => {
      const start = now()
      const result = call(...parameters)
      calls.push({ name, start, end: now() })
      return result
    }
  const { epoll, uring } = kernel
  return {
    ...kernel,
    recv: note('recv', kernel.recv),
    send: note('send', kernel.send),
    ...(epoll && { epoll: { ...epoll, wait: note('epoll_wait', epoll.wait) } }),
    ...(uring && { uring: { ...uring, enter: note('io_uring_enter', uring.enter) } }),
  }
}

interface Served {
  loop: { turn(maxWait: number): boolean }
  server: { host: string; port: number; connections: number }
}
type Serve = (syscalls: Syscalls, handler: Handler) => Served

const steps: [name: string, serve: Serve][] = [
  ['the loop of step 03', (syscalls, handler) => {
    const loop = new readiness.Loop({ syscalls })
    return { loop, server: readiness.listen(loop, handler) }
  }],
  ['the loop of step 14', (syscalls, handler) => {
    const loop = new completion.Loop({ syscalls })
    return { loop, server: completion.listen(loop, handler) }
  }],
]

/** The shortest of many rounds: until all requests have been read, and the answers to them have left. */
function shortest(serve: Serve, rounds: number): Call[] {
  const calls: Call[] = []
  let handled = 0
  const { loop, server } = serve(noted(calls), (...request) => {
    handled++
    readiness.answer(...request)
  })
  const crowd = new Crowd(server, connections)
  while (server.connections < connections) loop.turn(1_000)
  let best: Call[] | undefined
  for (let round = 0; round < rounds; round++) {
    crowd.begin()
    handled = calls.length = 0
    while (handled < connections) loop.turn(0)
    loop.turn(0)
    if (best === undefined || lengthOf(calls) < lengthOf(best)) best = [...calls]
    while (!crowd.look()) loop.turn(0)
  }
  crowd.close()
  return best!
}

const lengthOf = (calls: readonly Call[]) => calls.at(-1)!.end - calls[0]!.start

function eventsOf(name: string, pid: number, calls: readonly Call[]): TraceEvent[] {
  const place = { pid, tid: 0 }
  const begin = calls[0]!.start
  const span = (cat: 'kernel' | 'run', name: string, start: number, end: number): TraceEvent[] => [
    { ph: 'B', cat, name, ts: at(start), ...place },
    { ph: 'E', cat, name, ts: at(end), ...place },
  ]
  const at = (time: number) => Math.round(10 * (time - begin)) / 10
  return [
    { ph: 'M', cat: '__metadata', name: 'process_name', ts: 0, ...place, args: { name } },
    ...calls.flatMap(({ name, start, end }, i) => {
      const next = calls[i + 1]?.start ?? end
      // Less than that nobody sees.
      return [...span('kernel', name, start, end), ...(next - end < 2 ? [] : span('run', 'our code', end, next))]
    }),
  ]
}

await main(() => {
  const { rounds } = readOptions(usage, { rounds: numberOption('N', 'of which the shortest is shown', 1_000, 1, 1_000_000) })
  const events = steps.flatMap(([name, serve], i) => eventsOf(name, i + 1, shortest(serve, rounds)))
  console.log(`[\n${events.map((event) => JSON.stringify(event)).join(',\n')}\n]`)
  return Promise.resolve()
})
