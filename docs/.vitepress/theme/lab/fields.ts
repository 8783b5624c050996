import { ownOption, readPlan } from '../../../lab/plan.ts'
import type { Plan } from '../../../lab/plan.ts'

/** What stands in the fields of the form. A number's field holds '' while nothing is in it. */
export interface Fields {
  step: string
  clients: number | ''
  calls: number | ''
  /** Whether each call fetches one of the five pages. */
  pages: boolean
  latency: number | ''
  threads: number | ''
  /** '' for what the step takes by itself. */
  selector: string
  /** '' for no limit to speak of. */
  limit: number | ''
}

/** The fields that say this plan; those it does not need hold something to begin with. */
export function fieldsOf(plan: Plan): Fields {
  const { step, clients, calls, latency, threads = 0, selector = '', limit = '' } = plan
  const pages = latency === 'pages'
  return { step, clients, calls, pages, latency: pages ? 200 : latency, threads, selector, limit }
}

/** The plan in the fields, or why there is none. */
export function planOf(fields: Fields): { plan: Plan; why?: never } | { plan?: never; why: string } {
  const { step, clients, calls, pages, latency } = fields
  const own = ownOption[step]
  // Nothing is said of an option that is as it would be without.
  const given = own !== undefined && fields[own] !== '' && fields[own] !== 0
  try {
    const plan = { step, clients, calls, latency: pages ? 'pages' : latency }
    return { plan: readPlan(given ? { ...plan, [own]: fields[own] } : plan) }
  } catch (error) {
    return { why: (error as Error).message }
  }
}
