/** Calls in one shape: one after another, or 64 at a time on one connection, or on 64. */
export type Shape = 'one' | 'in-flight' | 'connections'

/** What a figure is at either end of a connection. */
export interface Ends {
  client: number
  server: number
}

/** What a call costs in one shape. */
export interface Work {
  /** System calls a call, without those by which V8 and its helper threads get memory and wait for each other. */
  systemCalls?: Ends
  /** Of these, those that read, whatever they found. */
  reads?: Ends
  writes?: Ends
  /** Bytes a call on the heap of JavaScript, also those that were free again at once. No bytes outside of it, as in buffers. */
  allocated: Ends
  /** Microseconds of a processor a call, of all threads. Without a server where the system does not tell. */
  processor: { client: number; server?: number }
  /** Microseconds until the answer: half of the calls have it in less. */
  p50: number
  /** 99 of 100 calls have it in less. */
  p99: number
}

/** What a filter adds to a call of step 04. */
export interface FilterCost {
  name: string
  /** Nanoseconds of a processor a call, both ends together. */
  ns: number
  /** Bytes a call on the wire, both ways together. */
  bytes: number
}

/** Where it was measured. */
export interface Conditions {
  node: string
  /** What takes the types off the sources. */
  types: 'tsx' | 'node'
  /** The operating system and the kind of processor, as Node names them. */
  system: string
  /** Client and server had one core between them. */
  pinned: boolean
  /** Of so many runs the median is told. */
  runs: number
}

/** What was measured of one step: a line of the ledger. */
export interface Costs {
  work: Partial<Record<Shape, Work>>
  /** Bytes a call on the wire, one call at a time: from the client, and to it. */
  wire: { up: number; down: number }
  /** Bytes of the server's memory for a connection that has made one call and waits. */
  idle?: { resident?: number; heap: number }
  /** Milliseconds from SIGTERM to the end of the server: with one idle connection, and with 64 calls in flight that wait 250 ms. */
  end: { idle: number; busy?: number }
}

/** The line as it is recorded. */
export interface Row extends Conditions, Costs {
  /** Why something is not there. */
  without: readonly string[]
  /** The filters that this step brings. */
  filters: readonly FilterCost[]
}

/** The median of several measurements of the same shape: of each number in them by itself. */
export function medianOf<T>(all: readonly T[]): T {
  const [first] = all
  if (typeof first === 'number') {
    const sorted = (all as readonly number[]).toSorted((a, b) => a - b)
    return ((sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2) as T
  }
  const keys = Object.keys(first as object) as (keyof T)[]
  return Object.fromEntries(keys.map((key) => [key, medianOf(all.map((one) => one[key]))])) as T
}

/** The same with each number to so many significant digits: what is more is chance. */
export function rounded<T>(value: T, digits = 4): T {
  if (typeof value === 'number') return Number(value.toPrecision(digits)) as T
  if (Array.isArray(value)) return value.map((one: unknown) => rounded(one, digits)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, rounded(one as unknown, digits)])) as T
}
