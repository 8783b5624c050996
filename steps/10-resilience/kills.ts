import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { flagOption, main, numberOption, readOptions } from '@rpc-steps/cli'
import { mulberry32 } from '@rpc-steps/sockets/random'
import { Fleet, servers } from './tried/fleet.ts'
import type { Report } from './tried/fleet.ts'

const usage = `kills.ts [options]

Calls three servers at a steady rate while one of them is killed at random moments, and again while
all of them are gone for a while. The seed says when, and which. What was asked is counted in the
servers, and what was answered in the client; ends with 1 if a promise is not kept.`

const down = 500 // milliseconds that one of them is down
const outage = 5_000 // milliseconds that all of them are

await main(async () => {
  const { rate, seconds, every, seed = randomInt(2 ** 31), counts } = readOptions(usage, {
    rate: numberOption('N', 'calls a second', 500, 1, 10_000),
    seconds: numberOption('N', 'seconds in which servers are killed', 20, 4, 3600),
    every: numberOption('MS', 'milliseconds between kills: half of it to one and a half', 2_000, 1_000, 60_000),
    seed: numberOption('N', 'kills at the same moments again; without it, one by chance', undefined, 0, 0x7fffffff),
    counts: flagOption('only what is counted: times are worth something on a quiet machine alone'),
  })
  console.log(`seed ${seed}`)
  const kills = killsOf(seed, seconds * 1000, every)
  const fleet = await Fleet.start(servers + kills.length + servers)
  try {
    const undisturbed = async () => {
      await fleet.call(rate, 1) // until the servers' code is compiled
      return fleet.call(rate, Math.min(seconds, 5))
    }
    const quiet = counts ? undefined : await undisturbed()
    const kept = [...(await oneByOne(fleet, { rate, seconds, kills, quiet })), await allAtOnce(fleet, rate, counts)]
    if (kept.includes(false)) process.exitCode = 1
  } finally {
    await fleet.stop()
  }
})

/** Which server is killed, so many milliseconds after the kill before. */
interface Kill {
  server: number
  after: number
}

/** Kills at random, the last of which is over after so many milliseconds. */
function killsOf(seed: number, ms: number, every: number): Kill[] {
  const random = mulberry32(seed)
  const kills: Kill[] = []
  for (let at = 0; ; ) {
    const after = every / 2 + random() * every
    at += after
    if (at + down > ms) return kills
    kills.push({ server: Math.floor(random() * servers), after })
  }
}

// #region promises
interface Storm {
  rate: number
  seconds: number
  kills: readonly Kill[]
  /** Left out, no times are looked at. */
  quiet: Report | undefined
}

async function oneByOne(fleet: Fleet, { rate, seconds, kills, quiet }: Storm): Promise<boolean[]> {
  const before = fleet.begun.length
  const calling = fleet.call(rate, seconds)
  let due = performance.now()
  for (const { server, after } of kills) {
    await delay((due += after) - performance.now())
    fleet.kill(server)
    await delay(down)
    await fleet.revive(server)
  }
  const report = await calling
  const { calls, ok, failed, retries, hedges, p99 } = report
  const ends = ok + Object.values(failed).reduce((sum, n) => sum + n, 0)
  const extra = (100 * (fleet.begun.length - before - calls)) / calls
  console.log(`${calls} calls at ${rate} a second, ${kills.length} kills: ${retries} retries, ${hedges} second tries; failed: ${JSON.stringify(failed)}`)
  return [
    promise(`of all calls`, ends, '=', calls, 'have an outcome'),
    promise(`of all calls`, ok, '=', calls, 'are answered'),
    promise(`the servers had`, extra, '<=', 10, '% more requests than there were calls'),
    ...(quiet ? [promise(`p99 is`, p99 / quiet.p99, '<=', 3, `times as long (${p99.toFixed(1)} ms to ${quiet.p99.toFixed(1)} ms)`)] : []),
  ]
}

async function allAtOnce(fleet: Fleet, rate: number, counts: boolean): Promise<boolean> {
  const start = fleet.begun.length
  const calling = fleet.call(rate, 3 + outage / 1000 + 3)
  await delay(3_000)
  for (let i = 0; i < servers; i++) fleet.kill(i)
  await delay(outage)
  const before = fleet.begun.length
  await Promise.all(Array.from({ length: servers }, (_, i) => fleet.revive(i)))
  const { calls, ok, failed } = await calling
  const [first = 0] = fleet.begun.slice(before)
  const inFirst = fleet.begun.slice(before).filter((at) => at < first + 1000).length
  console.log(`${calls} calls at ${rate} a second, all servers gone for ${outage / 1000} s: ${ok} answered; failed: ${JSON.stringify(failed)}`)
  // Who could not make calls in time makes them all at once then.
  if (counts) return promise('the servers had', (fleet.begun.length - start) / ok, '<=', 1.2, 'times as many requests as there are answers')
  return promise('in the first second after that there are', inFirst / rate, '<=', 1.2, 'times as many requests as usual')
}

function promise(what: string, measured: number, relation: '=' | '<=', bound: number, unit: string): boolean {
  const kept = relation === '=' ? measured === bound : measured <= bound
  const figure = Number.isInteger(measured) ? measured : measured.toFixed(2)
  console.log(`${kept ? 'kept  ' : 'BROKEN'}   ${what} ${figure} ${unit}, promised ${relation} ${bound}`)
  return kept
}
// #endregion
