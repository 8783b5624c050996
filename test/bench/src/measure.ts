import { bare } from './contenders.ts'
import type { Pair } from './processes.ts'
import { spread } from './statistics.ts'
import type { Spread } from './statistics.ts'
import type { Workload } from './workloads.ts'

/** How long to measure. */
export interface Effort {
  /** How long each contender runs before it is measured, in ms. */
  warmUp: number
  rounds: number
  /** How long one contender's turn in a round should take, in ms. */
  turn: number
}

/** How long a workload takes, in ms, if all keep to their turns. */
export function planned({ warmUp, rounds, turn }: Effort, contenders: number): number {
  return contenders * (warmUp + rounds * turn)
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
  progress: (text: string, left: number) => void,
): Promise<Result[]> {
  const turns = pairs.map((pair) => new Turns(pair, workload, effort.turn))
  for (const turn of turns) await turn.pair.order({ open: workload.name })
  const rounds = planned({ ...effort, warmUp: 0 }, turns.length)
  for (const [i, turn] of turns.entries()) {
    progress(`warming up ${turn.pair.contender.name}`, rounds + (turns.length - i) * effort.warmUp)
    await turn.warmUp(effort.warmUp)
  }
  for (let round = 0; round < effort.rounds; round++) {
    progress(`round ${round + 1} of ${effort.rounds}`, rounds * (1 - round / effort.rounds))
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

  /**
   * Runs until the compilers in both processes have seen what is hot, which takes them some
   * thousands of calls, and forgets the numbers.
   */
  async warmUp(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds
    while (performance.now() < end) await this.take()
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
