import { exponential, percentile, SimulatedServer, Time } from '@rpc-steps/adaptive/simulated'
import type { Random } from '@rpc-steps/adaptive/simulated'

/** Calls that each ask several workers, and have to wait for all of them. */
export interface FanOut {
  workers: number
  /** How many of them each call asks. */
  asks: number
  calls: number
  /** Milliseconds that a worker takes. */
  takes: (random: Random) => number
  /** Of its time, how much of it a worker is at work. Default 0.1, so that hardly anybody waits for another. */
  busy?: number
  /** Milliseconds after which another worker is asked as well, and the first to answer counts. */
  hedgeMs?: number | undefined
  random: Random
}

/** How long calls took, in milliseconds, and how many requests each has made. */
export interface Latencies {
  all: number[]
  p50: number
  p99: number
  requests: number
}

/** From 5 ms on, 10 in the mean; but one of fifty finds its machine at something else, and takes ten times as long. */
export const usual = (random: Random): number => (5 + exponential(random, 5)) * (random() < 0.02 ? 10 : 1)

/** "The Tail at Scale", J. Dean and L. A. Barroso, Communications of the ACM 56 (2), 2013. */
export function fanOut({ workers, asks, calls, takes, busy = 0.1, hedgeMs, random }: FanOut): Latencies {
  const time = new Time()
  const servers = Array.from({ length: workers }, () => new SimulatedServer('worker', time, () => 1, () => takes(random)))
  const all: number[] = []
  let requests = 0
  const ask = (worker: number, done: () => void) => {
    requests++
    servers[worker % workers]!.ask(done)
  }
  const call = () => {
    const [began, first] = [time.now(), Math.floor(random() * workers)]
    let open = asks
    for (let i = 0; i < asks; i++) {
      let answered = false
      const done = () => {
        if (answered) return
        answered = true
        if (--open === 0) all.push(time.now() - began)
      }
      ask(first + i, done)
      if (hedgeMs === undefined) continue
      // Any other worker, which may be one that this call has asked as well.
      time.after(hedgeMs, () => answered || ask(first + i + 1 + Math.floor(random() * (workers - 1)), done))
    }
  }
  const meanMs = mean(Array.from({ length: 10_000 }, () => takes(random)))
  for (let n = 0, at = 0; n < calls; n++, at += exponential(random, (asks * meanMs) / (workers * busy))) {
    time.runUntil(at)
    call()
  }
  while (all.length < calls) time.runUntil(time.now() + 1000)
  return { all, p50: percentile(all, 50), p99: percentile(all, 99), requests: requests / calls }
}

/** How many calls are slower than so many (a share) of the requests that they are made of, if these have nothing to do with each other. */
export function slowerShare(share: number, asks: number): number {
  return 1 - (1 - share) ** asks
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
