import type { Cast } from '@rpc-steps/cli/perform'
import type { ChainInfo, OwnOption } from '@rpc-steps/course'
import { pages } from '@rpc-steps/service/pages'
import { steps } from '../course.ts'

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
  /** What the step's own options are set to, by name; what is not there is as without. */
  [option: string]: string | number
}

/** The least and the most that a plan may ask for. */
export const bounds = {
  clients: [1, 10],
  calls: [1, 50],
  latency: [0, 1000],
} as const

/** An option of a step that the lab offers. */
export type Offered = OwnOption & { lab: NonNullable<OwnOption['lab']> }

/** The options of a step that a plan may set, by name. */
export function offeredBy(step: string): Map<string, Offered> {
  const { options = {} } = steps.find(({ number }) => number === step) ?? {}
  return new Map(Object.entries(options).filter((entry): entry is [string, Offered] => !!entry[1].lab))
}

/** The least and the most that a plan may set a number to. */
export function boundsOf(option: Offered): readonly [number, number] | undefined {
  if ('choices' in option) return undefined
  return [option.lab.least ?? option.least, option.lab.most ?? option.most]
}

/** The option of a plan that can be changed while it is run, if there is one. */
export function liveOf(plan: Plan): { name: string; option: Offered; bounds: readonly [number, number] } | undefined {
  if (!isStreamed(plan)) return undefined
  const [name, option] = [...offeredBy(plan.step)].find(([, { lab }]) => lab.live) ?? []
  const bounds = option && boundsOf(option)
  return name !== undefined && bounds ? { name, option, bounds } : undefined
}

/**
 * Reads what is said to a run of this plan, as `{"slow":250}` or `{"stop":true}`: the line that its clients
 * are to hear.
 *
 * @throws Error in words for the one who says it
 */
export function readSaid(plan: Plan, value: unknown): string {
  const live = liveOf(plan)
  if (!live) throw new Error('nothing can be changed in this run')
  const { name, bounds } = live
  const said = Object.entries(Object(value) as object) as [string, unknown][]
  const [given, what] = said.length === 1 ? said[0]! : []
  if (given === 'stop' && what === true) return 'stop'
  if (given === name) return String(wholeIn(name, bounds, what))
  throw new Error(`say {"${name}": from ${bounds[0]} to ${bounds[1]}} or {"stop": true}`)
}

/** Throws Error in words if it is no whole number in bounds. */
function wholeIn(name: string, [least, most]: readonly [number, number], n: unknown): number {
  if (typeof n === 'number' && Number.isInteger(n) && least <= n && n <= most) return n
  throw new Error(`${name} must be a whole number from ${least} to ${most}`)
}

/** Choices that a machine has, by the name of the option; of others nothing is known. */
export type Choices = Readonly<Record<string, readonly string[]>>

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
  const whole = (name: string, bounds: readonly [number, number]) => wholeIn(name, bounds, given[name])
  const latency = given['latency'] === 'pages' ? 'pages' : whole('latency', bounds.latency)
  const [clients, calls] = [whole('clients', bounds.clients), whole('calls', bounds.calls)]
  const plan: Plan = { step, clients, calls, latency }
  const offered = offeredBy(step)
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(plan, name)) continue
    const option = offered.get(name)
    if (!option) throw new Error(`step ${step} has no option ${clipped(name)}`)
    if (given[name] === undefined) continue
    plan[name] = 'choices' in option ? chosen(name, option.choices) : whole(name, boundsOf(option)!)
  }
  return plan

  function chosen(name: string, choices: readonly string[]): string {
    const choice = choices.find((choice) => choice === given[name])
    if (choice === undefined) throw new Error(`${name} must be one of ${choices.join(', ')}`)
    return choice
  }
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
 * as in `before`; an option of one step alone is then left out. Where it is known which choices
 * there are `here`, no others will do.
 */
export function planFrom(query: string, before: Plan, here: Choices = {}): Asked {
  const { step, clients, calls, latency } = before
  let plan: Plan = { step, clients, calls, latency }
  const wrong: string[] = []
  const given = new Map(new URLSearchParams(query))
  // It comes first, since the others depend on it.
  const names = [...given.keys()].sort((a, b) => Number(b === 'step') - Number(a === 'step'))
  for (const name of names) {
    const text = given.get(name) ?? ''
    const value = name !== 'step' && /^\d{1,6}$/.test(text) ? Number(text) : text
    try {
      const next = readPlan({ ...plan, [name]: value })
      if (Object.hasOwn(here, name) && !here[name]!.includes(text)) {
        throw new Error(`this machine has no ${text}`)
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
export function inWords(plan: Plan): string {
  const { step, clients, calls, latency } = plan
  const count = (n: number, what: string) => `${n === 1 ? 'one' : n} ${what}${n === 1 ? '' : 's'}`
  const what = latency === 'pages' ? `${count(calls, 'fetch').replace(/hs$/, 'hes')}` : count(calls, 'call')
  const pieces = piecesOf(plan)
  const wait = (ms: number) => (pieces ? `${pieces.msOf(ms)} ms an item` : `${ms} ms a call`)
  const own = [...offeredBy(step)].flatMap(([name, { lab: { says, saysOne = says } }]) => {
    const value = plan[name]
    if (value === undefined) return []
    return [(Number(value) <= 1 ? saysOne : says).replace('#', String(value))]
  })
  return [
    clients === 1 ? `one client, ${what}` : `${clients} clients, ${what} each`,
    ...(latency === 'pages' ? [] : [wait(latency)]),
    ...own,
  ].join(', ')
}

/** Whether the answers of a plan are streams. */
function isStreamed(plan: Plan): boolean {
  const { pieces } = steps.find(({ number }) => number === plan.step) ?? {}
  return pieces !== undefined && plan[pieces.option] !== undefined
}

/** How the answers of a plan are made, where they have items: also as a whole, if it says how many. */
function piecesOf(plan: Plan): { method: string; items: number; msOf: (wait: number) => number } | undefined {
  const { pieces } = steps.find(({ number }) => number === plan.step) ?? {}
  const many = pieces?.many === undefined ? undefined : plan[pieces.many]
  if (!pieces || (many === undefined && !isStreamed(plan))) return undefined
  return { method: pieces.method, items: Number(many ?? pieces.items), msOf: (wait) => Math.round(wait / pieces.items) }
}

/** How many servers of a plan stand in a row, and how; undefined for one that stands alone. */
function chainOf(plan: Plan): (ChainInfo & { length: number }) | undefined {
  const chain = steps.find(({ number }) => number === plan.step)?.chain
  const length = Number((chain && plan[chain.hops]) ?? 1)
  return chain && length > 1 ? { ...chain, length } : undefined
}

/** How many servers of a plan stand side by side, and when one of them is killed; undefined for one that stands alone. */
function groupOf(plan: Plan): Cast['group'] {
  const { group } = steps.find(({ number }) => number === plan.step) ?? {}
  const copies = Number((group && plan[group.copies]) ?? 1)
  if (!group || copies < 2) return undefined
  const killed = plan[group.killed]
  return { copies, addresses: group.addresses, ...(killed !== undefined && { killed: Number(killed) }) }
}

/** What a plan runs: options for the server and for each client, and each client's calls. */
export interface Words {
  server: string[]
  client: string[]
  /** `METHOD JSON METHOD JSON ...` for each client. */
  calls: string[][]
}

/** The command lines of a plan, without the names of the programs. */
export function wordsOf(plan: Plan): Words {
  const { step, clients, calls, latency } = plan
  const urls = Object.keys(pages)
  const chain = chainOf(plan)
  const pieces = piecesOf(plan)
  const call = (n: number) => {
    let [method, params]: [string, object] =
      latency === 'pages' ? ['fetch', { url: urls[n % urls.length] }] : ['sleep', { ms: latency }]
    if (pieces) [method, params] = [pieces.method, { ms: pieces.msOf(waitOf(plan, n)), items: pieces.items }]
    // Each server but the last is asked to ask the next.
    for (let hop = 1; chain && hop < chain.length; hop++) [method, params] = [chain.relay, { method, params }]
    return [method, JSON.stringify(params)]
  }
  const optionsFor = (program: 'server' | 'client') =>
    [...offeredBy(step)].flatMap(([name, option]) => {
      const value = plan[name]
      if (value === undefined) return []
      const instead = 'stands' in option ? option.stands?.[value]?.[program] : undefined
      if (instead !== undefined) return instead.split(' ')
      return option.of.includes(program) ? [`--${name}`, String(value)] : []
    })
  return {
    server: optionsFor('server'),
    client: optionsFor('client'),
    calls: Array.from({ length: clients }, (_, client) =>
      Array.from({ length: calls }, (_, i) => call(client * calls + i)).flat(),
    ),
  }
}

/** The same for each program: what the server and every client are started with. */
export function castOf(plan: Plan): Cast {
  const { server, client, calls } = wordsOf(plan)
  const mayFail = [...offeredBy(plan.step)].some(([name, { lab }]) => lab.fails && plan[name] !== undefined)
  const chain = chainOf(plan)
  const makes = steps.find(({ number }) => number === plan.step)?.makes
  const needed = makes !== undefined && server.includes(makes)
  const group = groupOf(plan)
  return {
    server,
    ...(needed && { makes }),
    ...(group && { group }),
    ...(chain && { chain: { hops: chain.length, upstream: chain.upstream } }),
    clients: calls.map((words) => [...client, ...words]),
    mayFail,
  }
}

/** What the calls of one client wait for on the server, in milliseconds, in order. */
export function waitsOf(plan: Plan, client: number): number[] {
  const { calls } = plan
  return Array.from({ length: calls }, (_, i) => waitOf(plan, client * calls + i))
}

function waitOf({ latency }: Plan, n: number): number {
  const waits = Object.values(pages)
  return latency === 'pages' ? waits[n % waits.length]! : latency
}
