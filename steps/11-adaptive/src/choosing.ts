import type { Picker } from '@rpc-steps/resilience/picking'
import { exponential } from './random.ts'
import type { Random } from './random.ts'
import { percentile } from './percentile.ts'
import { SimulatedServer } from './simulated-server.ts'
import { Time } from './time.ts'

/** Servers, and one of them that is slow for a time. */
export interface Fleet {
  servers: number
  /** Requests that each works on at a time; others wait. */
  workers: number
  serviceMs: number
  /** Requests that come in a second, to all of them together. */
  rate: number
  /** From when until when the last of them takes so many times as long. */
  slow: { fromMs: number; untilMs: number; factor: number }
  durationMs: number
  random: Random
}

/** What came of it, in each stretch of time: of the slow server in it, and of the calls that ended in it. */
export interface Choice {
  atMs: number
  p50Ms: number
  p99Ms: number
  /** The part of the calls that was given to the slow server. */
  share: number
}

// #region choosing
/** Requests come by chance (Poisson) and go where the picker says: only the time is made up. */
export function choose(pickerFor: (time: Time) => Picker, fleet: Fleet, stepMs = 1000): Choice[] {
  const { workers, serviceMs, slow, random } = fleet
  const time = new Time()
  const picker = pickerFor(time)
  const isSlow = () => slow.fromMs <= time.now() && time.now() < slow.untilMs
  const servers = Array.from({ length: fleet.servers }, (_, i) => {
    const last = i === fleet.servers - 1
    const takes = () => serviceMs * (0.5 + random()) * (last && isSlow() ? slow.factor : 1)
    return new SimulatedServer(`server ${i + 1}`, time, () => workers, takes)
  })
  let [asked, toLast, latencies] = [0, 0, [] as number[]]
  const come = () => {
    const server = picker.pick(servers) as SimulatedServer
    const came = time.now()
    asked++
    if (server === servers.at(-1)) toLast++
    server.ask(() => {
      const ms = time.now() - came
      latencies.push(ms)
      picker.done?.(server, ms, true)
    })
    time.after(exponential(random, 1000 / fleet.rate), come)
  }
  come()
  const choices: Choice[] = []
  for (let atMs = stepMs; atMs <= fleet.durationMs; atMs += stepMs) {
    time.runUntil(atMs)
    choices.push({ atMs, p50Ms: percentile(latencies, 50), p99Ms: percentile(latencies, 99), share: toLast / asked })
    ;[asked, toLast, latencies] = [0, 0, []]
  }
  return choices
}
// #endregion
