import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pages } from '@rpc-steps/service'
import { elapsed, gantt, legend, makespan, readTrace, timesOf } from '@rpc-steps/trace'
import type { CallTimes, TraceEvent } from '@rpc-steps/trace'
import { main } from './main.ts'
import { readOptions } from './options.ts'
import { perform } from './perform.ts'
import type { Cast } from './perform.ts'

/** What is asked of a step: the words of one command line for each client. */
export interface Scenario {
  title: string
  clients: readonly (readonly string[])[]
}

const fetchWords = Object.keys(pages).map((url) => ['fetch', JSON.stringify({ url })])

/** One client that wants all five pages. */
export const fiveFetches: Scenario = { title: 'five fetches by one client', clients: [fetchWords.flat()] }
/** Five clients at once, each wanting one page. */
export const fiveClients: Scenario = { title: 'five clients at once', clients: fetchWords }

const waits = Object.values(pages)
/** Predictions of the total, in milliseconds of waiting, communication left out. */
export const sumOfAll = { formula: 'sum of all', ms: waits.reduce((a, b) => a + b, 0) }
export const longest = { formula: 'longest one', ms: Math.max(...waits) }
/** Each call begins when one of the `n` before it has ended. */
export function atATime(n: number): { formula: string; ms: number } {
  return { formula: `${n} at a time`, ms: makespan(waits, n) }
}

/** A scenario as one step plays it, and how long that should take. */
export interface Act {
  scenario: Scenario
  predicted: { formula: string; ms: number }
  /** More options for the server or for each client. */
  serverArgs?: readonly string[]
  clientArgs?: readonly string[]
  note?: string
}

/** A line of the closing table. Milliseconds. */
export interface Row {
  title: string
  formula: string
  predicted: number
  measured: number
}

/** Milliseconds that one act may take; each takes about one second and the start of its programs. */
const timeLimit = 60_000

/** Has the step's own programs play a cast, and reads what they did. */
export async function play(step: string | URL, cast: Cast): Promise<TraceEvent[]> {
  const folder = await mkdtemp(join(tmpdir(), 'rpc-steps-'))
  // A step that hangs, because somebody is working on it, must not leave programs behind.
  const signal = AbortSignal.timeout(timeLimit)
  try {
    const roles = await perform(step, cast, { folder, signal })
    return readTrace(...(await Promise.all(roles.map(({ trace }) => readFile(trace, 'utf8')))))
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/**
 * Plays the acts of one step and shows each: the chart, where the time of a call went, and
 * measured against predicted. It is the whole program, command line and errors included.
 */
export function demo(title: string, step: string, acts: readonly Act[]): Promise<void> {
  return main(() => {
    readOptions(`demo.ts\n\n${usage}`, {})
    return playAll(title, step, acts)
  })
}

const usage = `Starts the server and the clients of this step, draws what each of them did, and sets
the time that it took beside the time that the step predicts.`

async function playAll(title: string, step: string, acts: readonly Act[]): Promise<void> {
  console.log(`\n${bold(title)}`)
  const rows: Row[] = []
  for (const act of acts) {
    const heading = act.scenario.title + (act.note === undefined ? '' : `, ${act.note}`)
    console.log(`\n${heading} ...\n`)
    const { scenario, serverArgs: server = [], clientArgs = [] } = act
    const clients = scenario.clients.map((words) => [...clientArgs, ...words])
    const events = await play(step, { server, clients })
    const calls = timesOf(events)
    const { formula, ms: predicted } = act.predicted
    const row = { title: heading, formula, predicted, measured: elapsed(calls) }
    rows.push(row)
    console.log(`${gantt(events)}\n\n${timesOfOne(calls)}`)
    console.log(`T_total ${ms(row.measured)}, predicted ${ms(predicted)} (${formula})`)
  }
  console.log(`\n${legend}`)
  process.send?.(rows)
}

function timesOfOne(calls: readonly CallTimes[]): string {
  const mean = (part: (call: CallTimes) => number) =>
    calls.reduce((sum, call) => sum + part(call), 0) / calls.length
  const queue = mean((c) => c.queue)
  return [
    `mean of a call: T_request ${ms(mean((c) => c.request))}`,
    ...(queue > 0 ? [`T_queue ${ms(queue)}`] : []),
    `T_response ${ms(mean((c) => c.response))}`,
    `T_communication ${ms(mean((c) => c.communication))}`,
  ].join(', ')
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`
}

function bold(text: string): string {
  return process.stdout.isTTY ? `\x1b[1m${text}\x1b[22m` : text
}
