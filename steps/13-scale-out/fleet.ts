import { seeded } from '@rpc-steps/adaptive/simulated'
import type { Random } from '@rpc-steps/adaptive/simulated'
import { flagOption, main, numberOption, numbersOption, readOptions } from '@rpc-steps/cli'
import { backoff } from '@rpc-steps/resilience'
import { counts, fleetOf, natsLimits } from './src/fleet.ts'
import { stampede } from './src/stampede.ts'
import { fanOut, slowerShare, usual } from './src/tail.ts'
import { real } from './tried/fleet.ts'

const usage = `fleet.ts [options]

Beyond one machine: what grows with the number of machines, and how. It is worked out, or played in simulated
time; with --real, what this machine can do is done as well, and stands beside it.`

/** A broker on a machine of its own. What it can do in a second is a guess, and the same one for all. */
const broker = { downMs: 3_000, rate: 2_000, patienceMs: 2_000 }

/** How long clients wait before they try again. */
const waits: Record<string, (clients: number) => (failures: number, random: Random) => number> = {
  'every half second': () => () => 500,
  'as NATS clients do: 2 s, and by chance up to 0.1 s': () => (_, random) => 2_000 + 100 * random(),
  'by chance, up to 2 s (step 10)': () => (failures, random) => backoff(failures, { cap: 2_000, random }),
  'by chance, up to the time that all of them need': (clients) => (failures, random) => backoff(failures, { cap: Math.max(2_000, (2_000 * clients) / broker.rate), random }),
}

await main(async () => {
  const { machines, seed, calls, backlog, real: really } = readOptions(usage, {
    machines: numbersOption('N,N', 'machines', [3, 300, 30_000], 2, 100_000),
    calls: numberOption('N', 'calls whose tail is looked at', 5_000, 100, 1_000_000),
    backlog: numberOption('N', 'connections that may wait for the broker to make them', 1024, 1, 1_000_000),
    seed: numberOption('N', 'where chance begins', 1, 0, 2 ** 31),
    real: flagOption('does in small what can be done here, too'),
  })
  const fleets = machines.map(fleetOf)
  table('machines', machines.map(whole), counts.map(({ what, of }) => [what, fleets.map((fleet) => whole(of(fleet)))]))

  console.log(`\nThe broker is gone for ${broker.downMs / 1000} s, and can make ${whole(broker.rate)} connections a second when it is back:`)
  for (const [how, waitFor] of Object.entries(waits)) {
    const returns = machines.map((clients) => stampede({ clients, ...broker, backlog, wait: waitFor(clients), random: seeded(seed) }))
    table(`they try again ${how}`, machines.map(whole), [
      ['seconds until all are back', returns.map(({ allBackMs }) => (Number.isNaN(allBackMs) ? 'never' : (allBackMs / 1000).toFixed(1)))],
      ['tries of each', returns.map(({ tries }) => tries.toFixed(1))],
      ['connections of each that were made too late', returns.map(({ wasted }) => wasted.toFixed(1))],
      ['most tries in a second, as a multiple of that', returns.map(({ peak }) => peak.toFixed(2))],
    ])
  }

  const asked = [1, 10, 100]
  const tails = asked.map((asks) => fanOut({ workers: 100, asks, calls, takes: usual, random: seeded(seed) }))
  const [{ p99: slow, all }] = tails as [(typeof tails)[0]]
  const p95 = all.toSorted((a, b) => a - b)[Math.floor(0.95 * all.length)]
  const hedged = asked.map((asks) => fanOut({ workers: 100, asks, calls, takes: usual, hedgeMs: p95, random: seeded(seed) }))
  console.log('\nA call that asks several of 100 workers, and waits for all of them:')
  table('workers asked', asked.map(whole), [
    ['p50, ms', tails.map(({ p50 }) => p50.toFixed(0))],
    ['p99, ms', tails.map(({ p99 }) => p99.toFixed(0))],
    ['calls slower than the p99 of one', tails.map(({ all }) => percent(all.filter((ms) => ms > slow).length / all.length))],
    ['the same, worked out', asked.map((asks) => percent(slowerShare(0.01, asks)))],
    ['p99 with a second try after the p95 of one, ms', hedged.map(({ p99 }) => p99.toFixed(0))],
    ['requests that this adds', hedged.map(({ requests }, i) => percent(requests / asked[i]! - 1))],
  ])

  console.log('\nWhat a NATS server takes, unless it is told otherwise:')
  for (const { name, value, unit, says } of natsLimits) console.log(`  ${name.padEnd(18)}${whole(value).padStart(12)} ${unit} ${says}`)
  if (really) {
    console.log('\nOn this machine:')
    for await (const line of real(seed)) console.log(`  ${line}`)
  }
})

function table(head: string, columns: readonly string[], rows: readonly (readonly [string, readonly string[]])[]): void {
  for (const [what, values] of [[head, columns] as const, ...rows]) {
    console.log(`  ${what.padEnd(66)}${values.map((value) => value.padStart(13)).join('')}`)
  }
}

function whole(n: number): string {
  return n.toLocaleString('en', { maximumFractionDigits: 1 })
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`
}
