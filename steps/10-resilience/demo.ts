import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '@rpc-steps/async-await'
import type { Json } from '@rpc-steps/async-await'
import { main, readOptions } from '@rpc-steps/cli'
import { listening, start } from '@rpc-steps/cli/processes'
import type { Running } from '@rpc-steps/cli/processes'
import { resilient, steady } from './src/index.ts'
import type { SteadyReport } from './src/index.ts'

const usage = `demo.ts

Has two callers ask the same three servers at a steady rate: one of them over a plain connection to
each, and one as this step does. One server is killed in the middle, and is back later. Draws what
the servers were asked and which calls were lost, and says what became of all of them.`

const [rate, seconds, takes] = [120, 2.4, 15]
/** Milliseconds after the first call. */
const [killed, back] = [700, 1_400]
const names = ['A', 'B', 'C']
const victim = 1

const label = 22
const columns = 48
const heights = '▁▂▃▄▅▆▇█'

/** When something happened, each time, in milliseconds after the first call. */
type Moments = number[]

interface Caller {
  name: string
  one: (n: number) => Promise<Json>
  /** How many further tries it has made. */
  retries: () => number
  lost: Moments
  close: () => Promise<unknown>
}

const calls = rate * seconds
const since = { start: Infinity }
const now = () => performance.now() - since.start

await main(async () => {
  readOptions(usage, {})
  console.log(`\n10 resilience: a server is killed, and no call is lost\n`)
  console.log(`Three servers. Each caller makes ${rate} calls a second, of ${takes} ms each. After ${killed} ms`)
  console.log(`server ${names[victim]} is killed, and after ${back} ms it is there again.\n`)
  // One more than there are names: it takes the place of the one that is killed.
  const processes = [...names, 'spare'].map(() => start(new URL('counted.ts', import.meta.url), ['--held']))
  try {
    await Promise.all(processes.map((one) => one.printed(/^ready/m)))
    const begun = names.map((): Moments => [])
    const ports = await Promise.all(begun.map((moments, i) => open(processes[i]!, 0, moments)))
    const callers = [await plain(ports), await ours(ports)]
    for (const { one } of callers) await Promise.all(Array.from({ length: 100 }, (_, n) => one(n))) // until the code is compiled
    since.start = performance.now()
    const [, ...reports] = await Promise.all([killAndRevive(processes, ports[victim]!, begun[victim]!), ...callers.map(play)])
    await Promise.all(callers.map(({ close }) => close()))
    console.log(`${picture(begun, callers)}\n\n${table(callers, reports)}`)
    const { p50: measured } = reports.at(-1)!
    process.send?.([{ title: 'half of the calls, while a server is killed', formula: `${takes} ms`, predicted: takes, measured }])
  } finally {
    await Promise.all(processes.map((one) => one.stop('SIGKILL')))
  }
})

/** Has a server listen, and notes whenever it begins with a request. */
async function open(server: Running, port: number, begun: Moments): Promise<number> {
  server.process.stdin!.write(`${port}\n`)
  const at = await listening(server)
  server.process.stdout!.on('data', (text: string) => {
    for (const letter of text) if (letter === '+') begun.push(now())
  })
  return at.port
}

async function killAndRevive(processes: readonly Running[], port: number, begun: Moments): Promise<void> {
  await delay(killed)
  await processes[victim]!.stop('SIGKILL')
  await delay(back - now())
  await open(processes.at(-1)!, port, begun)
}

/** Asks one after the other, over connections that last as long as they last. */
async function plain(ports: readonly number[]): Promise<Caller> {
  const peers = await Promise.all(ports.map((port) => connect({ host: '127.0.0.1', port })))
  return {
    name: 'a plain caller',
    one: (n) => peers[n % peers.length]!.call('sleep', [takes]),
    retries: () => 0,
    lost: [],
    close: () => Promise.all(peers.map((peer) => peer.close())),
  }
}

async function ours(ports: readonly number[]): Promise<Caller> {
  const there = resilient(ports.map((port) => ({ host: '127.0.0.1', port })))
  await there.connected(AbortSignal.timeout(5_000))
  return {
    name: 'ours',
    one: () => there.call('sleep', [takes]),
    retries: () => there.counts.retries + there.counts.hedges,
    lost: [],
    close: () => there.close(),
  }
}

function play({ one, lost }: Caller): Promise<SteadyReport> {
  const noted = async (n: number) => {
    try {
      return await one(n)
    } catch (error) {
      lost.push(now())
      throw error
    }
  }
  return steady(noted, { rate, seconds })
}

/** Each lane in the same scale: a full mark is what all servers together are asked by one caller. */
function picture(begun: readonly Moments[], callers: readonly Caller[]): string {
  const width = (seconds * 1000) / columns
  const full = (rate * width) / 1000
  const lane = (name: string, moments: Moments) => {
    const marks = Array.from({ length: columns }, (_, column) => {
      const count = moments.filter((at) => Math.floor(at / width) === column).length
      return count === 0 ? ' ' : heights[Math.min(heights.length, Math.ceil((count / full) * heights.length)) - 1]!
    })
    return `${name.padEnd(label)}${marks.join('')}`.trimEnd()
  }
  const axis = Array.from({ length: Math.ceil(seconds) }, (_, s) => `${s} s`.padEnd(1000 / width)).join('')
  return [
    `${''.padEnd(label)}${axis.trimEnd()}`,
    ...begun.map((moments, i) => lane(`server ${names[i]} begins`, moments)),
    ...callers.map(({ name, lost }) => lane(`${name} loses`, lost)),
  ].join('\n')
}

function table(callers: readonly Caller[], reports: readonly SteadyReport[]): string {
  const line = (first: string, ...cells: (string | number)[]) =>
    first.padEnd(label) + cells.map((cell) => String(cell).padStart(14)).join('')
  const rows = callers.map(({ name, lost, retries }, i) => line(name, calls, reports[i]!.ok, lost.length, retries()))
  return [line('', 'calls', 'answered', 'lost', 'further tries'), ...rows].join('\n')
}
