import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '@rpc-steps/async-await'
import type { Peer } from '@rpc-steps/async-await'
import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { resident, startServer } from '@rpc-steps/cli/processes'
import type { RunningServer } from '@rpc-steps/cli/processes'
import { readTrace, spansOf } from '@rpc-steps/trace'

const usage = `overload.ts [options]

What is promised of the queue when more comes than it can do, measured on a server of its own. It ends
with 1 if a promise was not kept.`

const [workers, capacity, ms] = [4, 40, 20]
const common = ['--workers', String(workers), '--capacity', String(capacity)]

await main(async () => {
  const { seconds } = readOptions(usage, { seconds: numberOption('N', 'for each measurement', 5, 1, 3600) })
  console.log(`${workers} workers, a queue of ${capacity}, calls that take ${ms} ms\n`)
  const kept = [...(await twice(seconds)), await neighbours(seconds), ...(await memory(seconds))]
  if (!kept.every(Boolean)) process.exitCode = 1
})

/** Says what was measured and what was promised. */
function promise(what: string, measured: number, most: boolean, bound: number, unit: string): boolean {
  const kept = most ? measured <= bound : measured >= bound
  const figures = `${measured.toFixed(0)} ${unit}, promised at ${most ? 'most' : 'least'} ${bound.toFixed(0)} ${unit}`
  console.log(`${kept ? 'kept  ' : 'BROKEN'}  ${what}: ${figures}`)
  return kept
}

/** Calls `each` a second, whatever becomes of them, for so many milliseconds; returns how many were answered. */
async function pour(peer: Peer, each: number, duration: number): Promise<number> {
  const start = performance.now()
  let [asked, answered] = [0, 0]
  const settled: Promise<unknown>[] = []
  for (let elapsed = 0; elapsed < duration; elapsed = performance.now() - start) {
    while (asked < (elapsed / 1000) * each) {
      asked++
      // What is answered after the end was not done in that time.
      const count = () => void (performance.now() - start < duration && answered++)
      settled.push(peer.call('sleep', { ms }).then(count, () => {}))
    }
    await delay(1)
  }
  await Promise.all(settled)
  return answered
}

/** One call after the other, in so many lanes; returns the milliseconds that each took. */
async function inTurn(peer: Peer, lanes: number, duration: number): Promise<number[]> {
  const start = performance.now()
  const times: number[] = []
  const lane = async () => {
    for (let asked; (asked = performance.now()) < start + duration; times.push(performance.now() - asked)) {
      await peer.call('sleep', { ms })
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return times
}

/** Calls a second, when it is given no more than it can do. */
async function full(peer: Peer): Promise<number> {
  await inTurn(peer, workers, 500) // until the code is compiled
  const measured = 2_000
  return (await inTurn(peer, workers, measured)).length / (measured / 1000)
}

function p99(times: number[]): number {
  return times.toSorted((a, b) => a - b)[Math.ceil(0.99 * times.length) - 1]!
}

async function withServer<T>(args: string[], use: (server: RunningServer) => Promise<T>): Promise<T> {
  const server = await startServer(new URL('server.ts', import.meta.url), [...common, ...args])
  try {
    return await use(server)
  } finally {
    await server.stop()
  }
}

async function twice(seconds: number): Promise<boolean[]> {
  const folder = await mkdtemp(join(tmpdir(), 'rpc-steps-'))
  const file = join(folder, 'server.json')
  try {
    const [most, served] = await withServer(['--trace', file], async (server) => {
      const peer = await connect(server)
      const most = await full(peer)
      const served = (await pour(peer, 2 * most, seconds * 1000)) / seconds
      // The machine may have been busy with something else the first time.
      const again = await full(peer)
      await peer.close()
      return [Math.max(most, again), served] as const
    })
    const spans = spansOf(readTrace(await readFile(file, 'utf8')))
    const queues = spans.filter(({ cat }) => cat === 'queue')
    const [from, to] = [queues[0]!.start, queues.at(-1)!.end]
    const times = (name: string) =>
      spans
        .filter(({ cat, start, end }) => cat === name && from <= start && end <= to)
        .map(({ start, end }) => (end - start) / 1000)
    return [
      promise('at twice its capacity it serves', served, false, 0.9 * most, 'calls/s'),
      promise('who is accepted waits (p99)', p99(times('queue')), true, (capacity / workers) * p99(times('work')), 'ms'),
    ]
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

function neighbours(seconds: number): Promise<boolean> {
  return withServer(['--order', 'fair'], async (server) => {
    const [quiet, greedy] = [await connect(server), await connect(server)]
    const most = await full(quiet)
    const measure = async () => {
      const alone = p99(await inTurn(quiet, 1, seconds * 1000))
      const flood = pour(greedy, 5 * most, seconds * 1000 + 500)
      await delay(250) // until the queue is full
      const beside = p99(await inTurn(quiet, 1, seconds * 1000))
      await flood
      return { beside, most: 3 * alone }
    }
    // One in a hundred is soon disturbed by something else that the machine does.
    let best = await measure()
    for (let tries = 1; tries < 3 && best.beside > best.most; tries++) best = await measure()
    await Promise.all([quiet.close(), greedy.close()])
    return promise('beside a flood (fair), the p99 of another is', best.beside, true, best.most, 'ms')
  })
}

async function memory(seconds: number): Promise<boolean[]> {
  return withServer([], async (server) => {
    const peer = await connect(server)
    const most = await full(peer)
    await pour(peer, 10 * most, seconds * 1000)
    const before = await resident(server.pid)
    await pour(peer, 10 * most, seconds * 1000)
    const after = await resident(server.pid)
    await peer.close()
    if (before === undefined || after === undefined) {
      console.log('skipped  memory: it is read from /proc, which is there on Linux only')
      return []
    }
    const grown = after - before
    return [promise('at ten times its capacity its memory grows by', grown, true, 16, 'MiB')]
  })
}
