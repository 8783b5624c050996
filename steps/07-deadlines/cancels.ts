import { getEventListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { answer, connect, listen, systemClock } from '@rpc-steps/async-await'
import type { Clock, Peer } from '@rpc-steps/async-await'
import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { queued } from '@rpc-steps/task-queue'
import { cancels, deadlined, inTime } from './src/index.ts'

const usage = `cancels.ts [options]

Calls that are cancelled, or whose deadline comes, at random moments: each has one outcome, and afterwards
nothing is left on either end. Ends with 1 if something is.`

/** The clock of this machine, and how many timers are set on it. */
class CountingClock implements Clock {
  readonly #timers = new Set<object>()
  get timers(): number {
    return this.#timers.size
  }
  now(): number {
    return systemClock.now()
  }
  after(ms: number, job: () => void): () => void {
    const timer = {}
    this.#timers.add(timer)
    const cancel = systemClock.after(ms, () => (this.#timers.delete(timer), job()))
    return () => (this.#timers.delete(timer), cancel())
  }
}

await main(async () => {
  const { calls } = readOptions(usage, { calls: numberOption('N', 'calls in all', 10_000, 1, 100_000_000) })
  const [here, there] = [new CountingClock(), new CountingClock()]
  const queue = queued(inTime(answer), { workers: 64, capacity: 2_000 })
  const server = await listen(deadlined(queue, there), { host: '127.0.0.1', port: 0 }, { extensions: [cancels] })
  const peer = await connect(server, { extensions: [cancels] })
  const { signal } = new AbortController()
  const outcomes = new Map<string, number>()
  let twice = 0

  /** Some have a deadline, some share a signal, and each takes about as long as its caller has patience. */
  async function one(): Promise<void> {
    const own = new AbortController()
    const giveUp = setTimeout(() => own.abort(new Error('given up')), Math.random() * 40)
    const call = Math.random() < 0.5 ? peer.call : deadlined(peer.call, Math.random() * 40, here)
    let count = 0
    const note = (outcome: string) => {
      count++
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
    await call('sleep', [Math.floor(Math.random() * 40)], { signal: Math.random() < 0.8 ? own.signal : signal }).then(
      () => note('answered'),
      (error: Error) => note(error.message),
    )
    clearTimeout(giveUp)
    if (count !== 1) twice++
  }

  const rss = process.memoryUsage.rss()
  const start = performance.now()
  let begun = 0
  const lane = async () => {
    while (begun++ < calls) await one()
  }
  await Promise.all(Array.from({ length: 500 }, lane))
  const ends: Peer[] = [peer, ...server.peers]
  const busy = () => ends.some(({ stats }) => stats.unanswered + stats.requests + stats.handling > 0)
  for (const until = performance.now() + 5_000; busy() && performance.now() < until; ) await delay(5)

  for (const [outcome, count] of outcomes) console.log(`${String(count).padStart(9)}  ${outcome}`)
  const total = [...outcomes.values()].reduce((a, b) => a + b, 0)
  console.log(`${String(total).padStart(9)}  in all, of ${calls}, in ${((performance.now() - start) / 1000).toFixed(1)} s\n`)
  const left = {
    'outcomes too many or too few': Math.abs(total - calls) + twice,
    'calls in tables': ends.reduce((sum, { stats }) => sum + stats.pending + stats.waiting + stats.unanswered, 0),
    'requests in tables': ends.reduce((sum, end) => sum + end.stats.requests + end.stats.handling + cancels(end).size, 0),
    'places in the queue': queue.places.queued + queue.places.running,
    timers: here.timers + there.timers,
    listeners: getEventListeners(signal, 'abort').length,
  }
  for (const [what, count] of Object.entries(left)) console.log(`${String(count).padStart(9)}  ${what}`)
  console.log(`${((process.memoryUsage.rss() - rss) / 2 ** 20).toFixed(0).padStart(9)}  MiB more of memory`)
  if (Object.values(left).some((count) => count > 0)) process.exitCode = 1
  await peer.close()
  await server.close()
})
