import { steps } from '../course.ts'
import { planFrom, queryOf } from './plan.ts'
import type { Asked, Choices, Plan } from './plan.ts'

/** What a run is compared with: a step that does the same, by its number, or a plan of its own. */
export type Beside = string | Plan | undefined

/** The plan of what stands beside a run, if something does. */
export function planBeside(beside: Beside, { clients, calls, latency }: Plan): Plan | undefined {
  return typeof beside === 'string' ? { step: beside, clients, calls, latency } : beside
}

/** A plan and what stands beside it as the query of an address: `step=05&...&beside=01`. */
export function queryOfBoth(plan: Plan, beside: Beside): string {
  if (beside === undefined) return queryOf(plan)
  const other = typeof beside === 'string' ? beside : queryOf(beside)
  return `${queryOf(plan)}&${String(new URLSearchParams({ beside: other }))}`
}

/** Reads such a query, as `planFrom` does. */
export function bothFrom(query: string, before: Plan, here?: Choices): Asked & { beside: Beside } {
  const names = new URLSearchParams(query)
  const other = names.get('beside') || undefined
  names.delete('beside')
  const { plan, wrong } = planFrom(String(names), before, here)
  if (other === undefined) return { plan, wrong, beside: undefined }
  if (steps.some(({ number }) => number === other)) return { plan, wrong, beside: other }
  const { step, clients, calls, latency } = plan
  const asked = planFrom(other, { step, clients, calls, latency }, here)
  const all = [...wrong, ...asked.wrong.map((what) => `beside it, ${what}`)]
  return { plan, wrong: all, beside: asked.wrong.length > 0 ? undefined : asked.plan }
}
