// The client of a step, in a process of its own, because it may block: own.ts BENCH-MODULE
import type { BenchClient } from '@rpc-steps/course'
import { lanesOf } from './calls.ts'
import type { Outcome } from './calls.ts'
import { goThrough } from './lanes.ts'

/** What it is asked for: to go through lanes. */
export interface Order {
  port: number
  seed: number
  lanes: number
  /** One after the other. */
  inTurn: boolean
}

/** What it says: that it is there, what came of a call, and that all is done. */
export type Said = 'ready' | 'done' | [lane: number, call: number, outcome: Outcome, why?: string | undefined]

const { client } = (await import(process.argv[2]!)) as { client: BenchClient }
const say = (said: Said) => void process.send!(said)

process.on('message', ({ port, seed, lanes, inTurn }: Order) => {
  void goThrough(client, port, lanesOf(seed, 'own', lanes), (...said) => say(said), inTurn).then(() => say('done'))
})
process.on('disconnect', () => process.exit())
say('ready')
