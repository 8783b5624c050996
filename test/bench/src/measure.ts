import { bare } from './contenders.ts'
import type { Pair } from './processes.ts'
import { spread } from './statistics.ts'
import type { Spread } from './statistics.ts'
import type { Workload } from './workloads.ts'

/** How long to measure. */
export interface Effort {
  /** How long each contender runs before anything is measured, in ms. */
  heat: number
  rounds: number
  /** Rounds before those, in each workload. */
  warmUps: number
  /** How long one contender's turn in a round should take, in ms. */
  turn: number
}

/** What one contender did in one workload. */
export interface Result {
  contender: string
  /** Calls a second. */
  rate: Spread
  /** For the calls that belong together: one, or all that are gathered. */
  milliseconds: Spread
  /** How many times as fast as bare, from turns in the same round. */
  ratio: Spread
  /** Processor time a call in microseconds; NaN where it cannot be read. */
  cpu: { client: number; server: number }
}

/**
 * Lets the contenders take turns, round after round, so that whatever else the machine is doing
 * meets all of them alike. Every second round goes backwards: a drift within a round cancels out.
 */
export async function measure(
  workload: Workload,
  pairs: readonly Pair[],
  effort: Effort,
  progress: (text: string) => void,
): Promise<Result[]> {
  const turns = pairs.map((pair) => new Turns(pair, workload, effort.turn))
  for (const turn of turns) await turn.pair.order({ open: workload.name })
  for (let round = -effort.warmUps; round < effort.rounds; round++) {
    progress(round < 0 ? 'warming up' : `round ${round + 1} of ${effort.rounds}`)
    if (round === 0) for (const turn of turns) turn.reset()
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn.take()
  }
  const base = turns.find(({ pair }) => pair.contender === bare)
  const results = turns.map((turn) => ({
    contender: turn.pair.contender.name,
    rate: spread(turn.rates),
    milliseconds: spread(turn.rates.map((rate) => (1e3 * (workload.together ?? 1)) / rate)),
    ratio: spread(turn.rates.map((rate, round) => rate / (base?.rates[round] ?? NaN))),
    cpu: turn.cpuPerCall(),
  }))
  for (const turn of turns) await turn.pair.order({})
  return results
}

/**
 * Runs a contender until the compilers in both its processes have seen what is hot: thousands of
 * calls, which the slow contenders need seconds for.
 */
export async function heat(workload: Workload, pair: Pair, { heat, turn }: Effort): Promise<void> {
  const turns = new Turns(pair, workload, turn)
  const end = performance.now() + heat
  await pair.order({ open: workload.name })
  while (performance.now() < end) await turns.take()
  await pair.order({})
}

/** One contender's turns in one workload. */
class Turns {
  readonly pair: Pair
  readonly #together: number
  readonly #milliseconds: number
  rates: number[] = []
  #next: number
  #calls = 0
  #clientCpu = 0
  #serverCpu = 0

  constructor(pair: Pair, workload: Workload, milliseconds: number) {
    this.pair = pair
    this.#together = workload.together ?? 1
    this.#milliseconds = milliseconds
    this.#next = Math.max(this.#together, workload.connections * workload.inFlight)
  }

  /** Makes as many calls as should fill the time, going by the turn before. */
  async take(): Promise<void> {
    const calls = this.#next
    const { elapsed, cpu } = await this.pair.order({ calls })
    const rate = (calls / elapsed) * 1e6
    this.rates.push(rate)
    this.#calls += calls
    this.#clientCpu += cpu
    const bursts = (rate * this.#milliseconds) / 1e3 / this.#together
    this.#next = this.#together * Math.max(1, Math.round(bursts))
  }

  /** Forgets the turns taken so far: they were to warm up. */
  reset(): void {
    this.rates = []
    this.#calls = 0
    this.#clientCpu = 0
    this.#serverCpu = this.pair.serverCpu()
  }

  cpuPerCall(): Result['cpu'] {
    const server = this.pair.serverCpu() - this.#serverCpu
    return { client: this.#clientCpu / this.#calls, server: server / this.#calls }
  }
}
