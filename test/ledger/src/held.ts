import type { Costs, Ends, Shape } from './row.ts'

/** By how much two measurements of the same may differ: in parts of it, and absolutely. */
interface Tolerance {
  part: number
  absolute: number
}

// Now and then Node wakes itself up, for a collection or a compiler's result, and asks the kernel once more for that.
const calls: Tolerance = { part: 0.1, absolute: 0.25 }
// Ids grow by a digit, and a shorter run has fewer of the long ones.
const bytes: Tolerance = { part: 0, absolute: 0.5 }

/**
 * Holds what was measured now against what is recorded, in all that does not depend on the machine: system calls where
 * nothing decides by chance how many calls share one, and bytes on the wire. Says what differs, and what is not there.
 */
export function unlike(recorded: Costs, now: Costs): string[] {
  const problems: string[] = []
  const hold = (what: string, was: number | undefined, is: number | undefined, { part, absolute }: Tolerance) => {
    if (was === undefined || is === undefined) problems.push(`${what}: recorded ${was}, now ${is}`)
    else if (Math.abs(is - was) > absolute + part * was) problems.push(`${what}: recorded ${was}, now ${is}`)
  }
  const holdEnds = (what: string, was: Ends | undefined, is: Ends | undefined) => {
    for (const end of ['client', 'server'] as const) hold(`${what} of the ${end}`, was?.[end], is?.[end], calls)
  }
  for (const shape of ['one', 'connections'] as const satisfies readonly Shape[]) {
    const [was, is] = [recorded.work[shape], now.work[shape]]
    if (!was && !is) continue
    holdEnds(`${shape}: reads`, was?.reads, is?.reads)
    holdEnds(`${shape}: writes`, was?.writes, is?.writes)
    if (shape === 'one') holdEnds(`${shape}: system calls`, was?.systemCalls, is?.systemCalls)
  }
  for (const way of ['up', 'down'] as const) hold(`bytes ${way}`, recorded.wire[way], now.wire[way], bytes)
  return problems
}
