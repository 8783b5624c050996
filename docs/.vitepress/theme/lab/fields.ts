import { offeredBy, readPlan } from '../../lab/plan.ts'
import type { Plan } from '../../lab/plan.ts'

/** What stands in the fields of the form. A number's field holds '' while nothing is in it. */
export interface Fields {
  step: string
  clients: number | ''
  calls: number | ''
  /** Whether each call fetches one of the five pages. */
  pages: boolean
  latency: number | ''
  /** Options of a step, by name; '' or nothing for what the step does without. */
  own: Record<string, string | number>
}

/** The fields that say this plan; those it does not need hold something to begin with. */
export function fieldsOf({ step, clients, calls, latency, ...own }: Plan): Fields {
  const pages = latency === 'pages'
  return { step, clients, calls, pages, latency: pages ? 200 : latency, own }
}

/** The plan in the fields, or why there is none. */
export function planOf(fields: Fields): { plan: Plan; why?: never } | { plan?: never; why: string } {
  const { step, clients, calls, pages, latency, own } = fields
  // Nothing is said of an option that is as it would be without.
  const given = [...offeredBy(step).keys()].flatMap((name) => (own[name] ? [[name, own[name]]] : []))
  try {
    const plan = { step, clients, calls, latency: pages ? 'pages' : latency }
    return { plan: readPlan({ ...plan, ...(Object.fromEntries(given) as object) }) }
  } catch (error) {
    return { why: (error as Error).message }
  }
}
