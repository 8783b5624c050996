import { faults as allFaults, usualStall } from './acts.ts'
import type { Badness, Fault } from './acts.ts'
import { lanesOf } from './calls.ts'
import type { Lane, Outcome } from './calls.ts'
import { goThrough } from './lanes.ts'
import type { Heard } from './lanes.ts'
import type { OwnClient } from './own-client.ts'
import { beServed, promising } from './peer.ts'
import { canMeasure, openFiles } from './process.ts'
import { chaosProxy } from './proxy.ts'
import type { Address, News, Proxy } from './proxy.ts'

/** A server that is tried, and what is known of it. */
export interface Target extends Address {
  /** Its process, if it is ours: then its open files are counted, before it has been tried. */
  pid?: number
  files?: number
  /** A client of its own, beside the plain ones. */
  own?: OwnClient | undefined
}

/** A round of traffic. */
export interface RoundOptions extends Partial<Badness> {
  seed: number
  /** Milliseconds without an outcome after which there will be none. */
  patience?: number
  /** Breaks off: the round rejects with its reason. */
  signal?: AbortSignal
}

/** What a round did. */
export interface Report {
  calls: number
  outcomes: Record<Outcome, number>
  counts: Proxy['counts']
}

/** A promise that a server gives to everybody, and has not kept. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise'
  /** For the command line, where it is one line. */
  readonly code = 'ERR_BROKEN_PROMISE'
}

/** Clients that are no step's own; beside them is the own one, with as many lanes as `ownLanes`. */
const plainLanes = 3
const ownLanes = 2

/**
 * Random traffic of several clients through a bad network: every call must have one outcome, which is right,
 * or says clearly why there is none; and nothing may be left behind. Rejects with BrokenPromise.
 */
export async function playRound(target: Target, options: RoundOptions): Promise<Report> {
  const { seed, faults = allFaults, longest = usualStall, patience = 20_000, signal } = options
  const { own } = target
  // A stall is none of the server's.
  const within = waiting(patience + longest, signal)
  const closings = new Set<() => void>()
  const told = ({ what }: News) => {
    if (what === 'closed') for (const heard of closings) heard()
  }
  const proxy = await chaosProxy({ seed, to: target, faults, longest, told })
  const plain = new Ledger('plain', lanesOf(seed, 'plain', plainLanes))
  const owns = new Ledger('own', own ? lanesOf(seed, 'own', ownLanes) : [])
  let strays = 0
  const moving = () => plain.heard + owns.heard + proxy.passed
  try {
    const traffic = Promise.all([
      goThrough(promising(() => strays++), proxy.port, plain.lanes, plain.hear),
      own?.go({ port: proxy.port, seed, lanes: ownLanes }, owns.hear),
    ])
    await within(traffic, moving, () => plain.missing() ?? owns.missing() ?? 'a client does not come to an end')
    if (strays > 0) throw new BrokenPromise(`${many(strays, 'reply', 'replies')} came to no call, or to one that had its reply`)
    for (const ledger of [plain, owns]) ledger.check()

    const lost = plain.lost + owns.lost
    const cut = proxy.counts.reset + proxy.counts['half-close']
    if (lost > cut) throw new BrokenPromise(`${many(lost, 'connection')} lost calls, and only ${cut} were cut`)

    const over = () => new Promise<void>((resolve) => closings.add(() => proxy.open === 0 && resolve()))
    const closed = proxy.open === 0 ? Promise.resolve() : over()
    await within(closed, () => proxy.open, () => `${many(proxy.open, 'connection')} did not end, and their clients have left`)
    await within(serves(target), () => 0, () => 'the server does not serve the next client')
    await filesBack(target)
  } finally {
    proxy.close()
  }
  return { calls: plain.heard + owns.heard, outcomes: sum(plain.outcomes, owns.outcomes), counts: proxy.counts }
}

/** Who made which calls, and what was heard of each. */
class Ledger {
  readonly lanes: readonly Lane[]
  readonly outcomes: Record<Outcome, number> = { right: 0, refused: 0, lost: 0, wrong: 0 }
  heard = 0
  readonly #who: string
  readonly #times: number[][]
  readonly #lost = new Set<number>()
  #wrong: string | undefined

  constructor(who: string, lanes: readonly Lane[]) {
    this.#who = who
    this.lanes = lanes
    this.#times = lanes.map(({ calls }) => calls.map(() => 0))
  }

  /** Connections that lost a call. */
  get lost(): number {
    return this.#lost.size
  }

  readonly hear: Heard = (lane, call, outcome, why) => {
    this.heard++
    this.outcomes[outcome]++
    this.#times[lane]![call]!++
    if (outcome === 'lost') this.#lost.add(lane)
    if (outcome === 'wrong') this.#wrong ??= `${this.#name(lane, call)}: ${why}`
  }

  /** A call without an outcome. */
  missing(): string | undefined {
    return this.#find((times) => times === 0, 'has no outcome')
  }

  /** Throws BrokenPromise if a call was answered wrongly, or has not exactly one outcome. */
  check(): void {
    const broken = this.#wrong ?? this.missing() ?? this.#find((times) => times > 1, 'has more than one outcome')
    if (broken !== undefined) throw new BrokenPromise(broken)
  }

  #find(is: (times: number) => boolean, what: string): string | undefined {
    for (const [lane, calls] of this.#times.entries()) {
      const call = calls.findIndex(is)
      if (call >= 0) return `${this.#name(lane, call)} ${what}`
    }
    return undefined
  }

  #name(lane: number, call: number): string {
    return `call ${call + 1} (${this.lanes[lane]!.calls[call]!.method}) of ${this.#who} client ${lane + 1}`
  }
}

/**
 * Makes what waits for a job as long as something moves. It rejects with BrokenPromise when nothing has for so
 * many milliseconds.
 */
function waiting(patience: number, signal: AbortSignal | undefined) {
  return async (job: Promise<unknown>, moving: () => number, broken: () => string): Promise<void> => {
    signal?.throwIfAborted()
    let stop = () => {}
    let last = moving()
    const stuck = new Promise<never>((_, reject) => {
      const look = () => {
        if (moving() === last) reject(new BrokenPromise(`${broken()}, and nothing has moved for ${patience / 1000} s`))
        last = moving()
      }
      const abort = () => reject(signal?.reason as Error)
      const timer = setInterval(look, patience)
      signal?.addEventListener('abort', abort)
      stop = () => {
        clearInterval(timer)
        signal?.removeEventListener('abort', abort)
      }
    })
    try {
      await Promise.race([job, stuck])
    } finally {
      stop()
    }
  }
}

async function serves({ port, host }: Target): Promise<void> {
  try {
    await beServed(port, host)
  } catch (error) {
    throw new BrokenPromise(`the server does not serve the next client: ${(error as Error).message}`)
  }
}

/** It may take a moment to close: each look is one more client served. */
async function filesBack(target: Target): Promise<void> {
  const { pid, files } = target
  if (!canMeasure || pid === undefined || files === undefined) return
  for (let i = 0; i < 200 && openFiles(pid) > files; i++) await serves(target)
  const more = openFiles(pid) - files
  if (more > 0) throw new BrokenPromise(`the server has ${many(more, 'file')} more open than before`)
}

function many(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`
}

/** Adds up what was counted. */
export function sum<K extends string>(a: Readonly<Record<K, number>>, b: Readonly<Record<K, number>>): Record<K, number> {
  const names = Object.keys(a) as K[]
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as Record<K, number>
}

/** Those of the proxy's counts that are of faults. */
export function faultsOf(counts: Proxy['counts']): [Fault, number][] {
  return allFaults.map((fault) => [fault, counts[fault]])
}
