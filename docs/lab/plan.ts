import { pages } from '@rpc-steps/service/pages'
import { steps } from '../.vitepress/course.ts'

/** How step 03 asks which sockets are ready. Which of them there are depends on the machine. */
export const selectors = ['spin', 'poll', 'epoll', 'kqueue'] as const

/**
 * One run of one step: so many clients at once, each with so many calls. Shared by all who run,
 * record or predict: nothing here depends on Node.
 */
export interface Plan {
  /** The step's number, two digits. */
  step: string
  /** Client processes, all let go together. */
  clients: number
  /** Calls by each client. */
  calls: number
  /** What each call waits for on the server: milliseconds, or the five pages in turn. */
  latency: number | 'pages'
  /** Step 01: threads that serve; 0 is the main thread alone. */
  threads?: number
  /** Step 03, both ends. */
  selector?: (typeof selectors)[number]
  /** Step 05: calls in flight at most. */
  limit?: number
}

/** The least and the most that a plan may ask for. */
export const bounds = {
  clients: [1, 10],
  calls: [1, 50],
  latency: [0, 1000],
  threads: [0, 10],
  limit: [1, 50],
} as const

/** Which step has which option of its own. */
export const ownOption: Readonly<Record<string, 'threads' | 'selector' | 'limit'>> = {
  '01': 'threads',
  '03': 'selector',
  '05': 'limit',
}

/**
 * Reads a plan that came from outside.
 *
 * @throws Error in words for the one who made it
 */
export function readPlan(value: unknown): Plan {
  if (typeof value !== 'object' || value === null) throw new Error('a plan must be an object')
  const given = value as Record<string, unknown>
  const step = steps.find(({ number }) => number === given['step'])?.number
  if (step === undefined) {
    throw new Error(`step must be one of ${steps.map(({ number }) => number).join(', ')}`)
  }
  const whole = (name: keyof typeof bounds) => {
    const [least, most] = bounds[name]
    const n = given[name]
    if (typeof n === 'number' && Number.isInteger(n) && least <= n && n <= most) return n
    throw new Error(`${name} must be a whole number from ${least} to ${most}`)
  }
  const latency = given['latency'] === 'pages' ? 'pages' : whole('latency')
  const plan: Plan = { step, clients: whole('clients'), calls: whole('calls'), latency }
  const own = ownOption[step]
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(plan, name) && name !== own) throw new Error(`step ${step} has no option ${clipped(name)}`)
  }
  if (own === undefined || given[own] === undefined) return plan
  if (own !== 'selector') return { ...plan, [own]: whole(own) }
  const selector = selectors.find((name) => name === given[own])
  if (!selector) throw new Error(`selector must be one of ${selectors.join(', ')}`)
  return { ...plan, selector }
}

/** A plan as the query of an address: `step=03&clients=5&calls=1&latency=pages`. */
export function queryOf(plan: Plan): string {
  return String(new URLSearchParams(Object.entries(plan).map(([name, value]) => [name, `${value}`])))
}

/** What a query asks for. */
export interface Asked {
  plan: Plan
  /** What in the query is of no use, and why, in words: there the plan is as it was before. */
  wrong: readonly string[]
}

/**
 * Reads the query of an address, name by name. What it does not name, and what is wrong in it, stays
 * as in `before`; an option of one step alone is then left out. Of selectors only those `here` will do.
 */
export function planFrom(query: string, before: Plan, here: readonly string[] = selectors): Asked {
  const { step, clients, calls, latency } = before
  let plan: Plan = { step, clients, calls, latency }
  const wrong: string[] = []
  const given = new Map(new URLSearchParams(query))
  // It comes first, since the others depend on it.
  const names = [...given.keys()].sort((a, b) => Number(b === 'step') - Number(a === 'step'))
  for (const name of names) {
    const text = given.get(name) ?? ''
    const value = Object.hasOwn(bounds, name) && /^\d{1,6}$/.test(text) ? Number(text) : text
    try {
      const next = readPlan({ ...plan, [name]: value })
      if (next.selector !== undefined && !here.includes(next.selector)) {
        throw new Error(`this machine has no ${next.selector}`)
      }
      plan = next
    } catch (error) {
      wrong.push(`${clipped(name)}=${clipped(text)}: ${(error as Error).message}`)
    }
  }
  return { plan, wrong }
}

/** Anybody can write an address. */
function clipped(text: string): string {
  return text.length > 20 ? `${text.slice(0, 20)}…` : text
}

/** What a plan does, in a few words. */
export function inWords({ clients, calls, latency, threads, selector, limit }: Plan): string {
  const count = (n: number, what: string) => `${n === 1 ? 'one' : n} ${what}${n === 1 ? '' : 's'}`
  const what = latency === 'pages' ? `${count(calls, 'fetch').replace(/hs$/, 'hes')}` : count(calls, 'call')
  return [
    clients === 1 ? `one client, ${what}` : `${clients} clients, ${what} each`,
    ...(latency === 'pages' ? [] : [`${latency} ms a call`]),
    ...(threads === undefined ? [] : [threads === 0 ? 'one thread' : count(threads, 'thread')]),
    ...(selector === undefined ? [] : [selector]),
    ...(limit === undefined ? [] : [`at most ${limit} at once`]),
  ].join(', ')
}

/** What a plan runs: options for the server and for each client, and each client's calls. */
export interface Words {
  server: string[]
  client: string[]
  /** `METHOD JSON METHOD JSON ...` for each client. */
  calls: string[][]
}

/** The command lines of a plan, without the names of the programs. */
export function wordsOf({ clients, calls, latency, threads, selector, limit }: Plan): Words {
  const urls = Object.keys(pages)
  const call = (n: number) =>
    latency === 'pages'
      ? ['fetch', JSON.stringify({ url: urls[n % urls.length] })]
      : ['sleep', JSON.stringify({ ms: latency })]
  const both = selector === undefined ? [] : ['--selector', selector]
  return {
    server: [...both, ...(threads === undefined ? [] : ['--threads', String(threads)])],
    client: [...both, ...(limit === undefined ? [] : ['--limit', String(limit)])],
    calls: Array.from({ length: clients }, (_, client) =>
      Array.from({ length: calls }, (_, i) => call(client * calls + i)).flat(),
    ),
  }
}

/** The same for each program: what the server and every client are started with. */
export function castOf(plan: Plan): { server: string[]; clients: string[][] } {
  const { server, client, calls } = wordsOf(plan)
  return { server, clients: calls.map((words) => [...client, ...words]) }
}

/** What the calls of one client wait for on the server, in milliseconds, in order. */
export function waitsOf({ calls, latency }: Plan, client: number): number[] {
  const waits = Object.values(pages)
  return Array.from({ length: calls }, (_, i) =>
    latency === 'pages' ? waits[(client * calls + i) % waits.length]! : latency,
  )
}
