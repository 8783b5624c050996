import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import { answer, Context } from '@rpc-steps/async-await'
import type { Handler } from '@rpc-steps/async-await'
import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { onThreads } from './src/index.ts'

const usage = `cost-of-a-thread.ts [options]

What a thread of the pool costs, and from which size of work on it pays: calls of hash by the main
thread, by one thread and by two.`

/** Calls that are there at the same time. */
const crowd = 64
const sizes = [1, 10, 100, 1_000, 10_000]

await main(async () => {
  const { ms } = readOptions(usage, { ms: numberOption('N', 'for each measurement', 1_000, 1, 60_000) })
  const before = process.memoryUsage.rss()
  const pools = [1, 2].map((threads) => onThreads(answer, ['hash'], { threads }))
  const [one, two] = pools as [typeof pools[0], typeof pools[0]]
  const first = performance.now()
  await call(one, 1)
  const started = performance.now() - first
  const memory = (process.memoryUsage.rss() - before) / 2 ** 20
  await crowded(two, 1, ms) // until its threads have started
  console.log(`the first thread: ${started.toFixed(0)} ms until it has answered, ${memory.toFixed(0)} MiB of memory\n`)

  const row = (cells: string[]) => console.log(cells.map((cell, i) => cell.padStart(i === 0 ? 8 : 13)).join(''))
  row(['', 'one alone', '', `${crowd} at once`, '', '', 'a timer late', ''])
  row(['rounds', 'main', 'one thread', 'main', 'one thread', 'two threads', 'main', 'one thread'])
  for (const rounds of sizes) {
    const alone = [await oneByOne(answer, rounds, ms), await oneByOne(one, rounds, ms)]
    const all = [await crowded(answer, rounds, ms), await crowded(one, rounds, ms), await crowded(two, rounds, ms)]
    row([
      String(rounds),
      ...alone.map((took) => `${rounded(took)} ms`),
      ...all.map(({ rate }) => `${rounded(rate)} /s`),
      ...all.slice(0, 2).map(({ late }) => `${rounded(Math.max(late, 0.01))} ms`),
    ])
  }
  await Promise.all(pools.map((pool) => pool.close()))
})

/** To two digits. */
function rounded(value: number): string {
  return String(Number(value.toPrecision(2)))
}

async function call(handler: Handler, rounds: number): Promise<void> {
  await handler({ jsonrpc: '2.0', id: 1, method: 'hash', params: ['x', rounds] }, new Context())
}

/** Milliseconds that a call takes, one after another: the middle of all, since others use the machine too. */
async function oneByOne(handler: Handler, rounds: number, ms: number): Promise<number> {
  const times: number[] = []
  for (const start = performance.now(); performance.now() < start + ms; ) {
    const asked = performance.now()
    await call(handler, rounds)
    times.push(performance.now() - asked)
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!
}

interface Crowded {
  /** Calls a second. */
  rate: number
  /** By how much a timer beside them is late, in milliseconds: all but one in a hundred. */
  late: number
}

/** A crowd that calls again and again; each call comes in a turn of the loop, as from a socket. */
async function crowded(handler: Handler, rounds: number, ms: number): Promise<Crowded> {
  const start = performance.now()
  const late: number[] = []
  let [calls, over] = [0, false]
  const lane = async () => {
    for (; !over; calls++) {
      await turn()
      await call(handler, rounds)
    }
  }
  const neighbour = async () => {
    const due = 2
    for (let asked = start; !over; asked = performance.now()) {
      await delay(due)
      const now = performance.now()
      late.push(now - asked - due)
      over = now > start + ms
    }
  }
  await Promise.all([neighbour(), ...Array.from({ length: crowd }, lane)])
  const rate = (calls / (performance.now() - start)) * 1000
  return { rate, late: late.sort((a, b) => a - b)[Math.ceil(0.99 * late.length) - 1]! }
}
