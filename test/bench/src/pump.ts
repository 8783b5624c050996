import type { BenchConnection } from '@rpc-steps/course'
import type { Workload } from './workloads.ts'

/**
 * Makes `calls` calls, keeping `inFlight` of them unanswered on each connection, and checks every
 * answer. `finished` gets the first error or, after the last answer, null.
 */
export function pump(
  connections: readonly BenchConnection[],
  { inFlight, request, answer }: Workload,
  calls: number,
  finished: (error: Error | null) => void,
): void {
  let started = 0
  let answered = 0
  for (const connection of connections) {
    let unanswered = 0
    let calling = false
    function done(error: Error | null, actual?: unknown): void {
      if (error === null && actual !== answer) error = wrong(actual)
      if (error !== null) return finished(error)
      unanswered--
      if (++answered === calls) finished(null)
      else fill()
    }
    function fill(): void {
      // A blocking call is answered inside `call`: the loop below goes on, and the stack stays flat.
      if (calling) return
      calling = true
      while (started < calls && unanswered < inFlight) {
        started++
        unanswered++
        connection.call(request, done)
      }
      calling = false
    }
    fill()
  }
}

/** Calls that are gathered at once, at most: who gathers keeps all results until the last is there. */
const atOnce = 1_000

/** The same work, by contenders that bring their own way to keep calls in flight. */
export async function gatherAll(
  connections: readonly BenchConnection[],
  { inFlight, request, answer }: Workload,
  calls: number,
): Promise<void> {
  const each = Math.ceil(calls / connections.length)
  const work = async (connection: BenchConnection) => {
    for (let left = each; left > 0; left -= atOnce) {
      const answers = await connection.gather!(request, Math.min(left, atOnce), inFlight)
      for (const actual of answers) if (actual !== answer) throw wrong(actual)
    }
  }
  await Promise.all(connections.map(work))
}

function wrong(actual: unknown): Error {
  return new Error(`wrong answer: ${String(actual).slice(0, 100)}`)
}
