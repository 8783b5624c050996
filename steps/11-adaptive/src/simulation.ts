import { Admission } from './admission.ts'
import type { Limit } from './limit.ts'
import { percentile } from './percentile.ts'
import { exponential } from './random.ts'
import type { Random } from './random.ts'
import { SimulatedServer } from './simulated-server.ts'
import { Time } from './time.ts'

/** What a server can do, and what is asked of it. */
export interface Conditions {
  /** Requests that it works on at a time; others wait. */
  workers: number
  /** Milliseconds that one takes, in the mean. */
  serviceMs: number
  /** Requests that come in a second. */
  rate: number
}

/** What is to be simulated. */
export interface Scene {
  /** The conditions from the beginning, and what changes later, in the order of time. */
  conditions: Conditions
  changes?: readonly ({ atMs: number } & Partial<Conditions>)[]
  durationMs: number
  /** Milliseconds that each point of the outcome stands for. */
  stepMs: number
  /** How long requests take beside the mean, as a factor with the mean 1. Default from 0.5 to 1.5. */
  spread?: (random: Random) => number
  random: Random
}

/** What was in a stretch of time. Milliseconds are those of the requests that were answered in it. */
export interface Point {
  /** Its end. */
  atMs: number
  limit: number
  inFlight: number
  served: number
  refused: number
  meanMs: number
  p99Ms: number
}

const even = (random: Random) => 0.5 + random()

// #region simulation
/**
 * Requests come by chance (Poisson) to a server with so many workers, through the admission and the limit
 * that real ones go through: only the time is made up. Whoever is refused does not come back.
 */
export function simulate(limitFor: (time: Time) => Limit, scene: Scene): Point[] {
  const { durationMs, stepMs, spread = even, random } = scene
  const time = new Time()
  const limit = limitFor(time)
  const admission = new Admission(limit, time)
  const now = { ...scene.conditions }
  const server = new SimulatedServer('server', time, () => now.workers, () => now.serviceMs * spread(random))
  let [refused, latencies] = [0, [] as number[]]
  const come = () => {
    const leave = admission.enter()
    const came = time.now()
    if (!leave) refused++
    else {
      server.ask(() => {
        latencies.push(time.now() - came)
        leave('success')
      })
    }
    time.after(exponential(random, 1000 / now.rate), come)
  }
  const change = ({ atMs, ...conditions }: { atMs: number } & Partial<Conditions>) => {
    time.after(atMs, () => {
      Object.assign(now, conditions)
      server.work()
    })
  }
  scene.changes?.forEach(change)
  come()

  const points: Point[] = []
  for (let atMs = stepMs; atMs <= durationMs; atMs += stepMs) {
    time.runUntil(atMs)
    const { inFlight } = admission
    points.push({ atMs, limit: limit.current, inFlight, served: latencies.length, refused, ...summary(latencies) })
    ;[refused, latencies] = [0, []]
  }
  return points
}
// #endregion

function summary(latencies: readonly number[]): { meanMs: number; p99Ms: number } {
  const sum = latencies.reduce((sum, ms) => sum + ms, 0)
  return { meanMs: sum / latencies.length, p99Ms: percentile(latencies, 99) }
}
