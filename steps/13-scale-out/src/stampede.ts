import { SimulatedServer, Time } from '@rpc-steps/adaptive/simulated'
import type { Random } from '@rpc-steps/adaptive/simulated'

/** A broker that everybody has lost at the same moment. */
export interface Restart {
  clients: number
  /** Milliseconds until it is there again. */
  downMs: number
  /** Connections that it can make in a second: a handshake costs it time. */
  rate: number
  /** Connections that may wait for that; the others are refused. */
  backlog: number
  /** Milliseconds after which a client, or the broker, gives up a connection that is not made. */
  patienceMs: number
  /** Milliseconds to wait before the next try, after so many that have failed. */
  wait: (failures: number, random: Random) => number
  random: Random
}

/** How it went. */
export interface Return {
  /** Milliseconds from when the broker was there again until all had their connection; NaN if some never had in a minute. */
  allBackMs: number
  /** Tries, in the mean of all clients. */
  tries: number
  /** Connections that were made when nobody waited for them any more, in the mean of all clients. */
  wasted: number
  /** The most tries in a second from when it was back, as a multiple of what the broker can do in one. A refusal costs it nothing here. */
  peak: number
}

const longest = 60_000
const played = 3_000

/**
 * All clients of a broker come back to it, each as often as it takes. Of very many, each that is played stands for
 * several, and so does each connection that the broker can make.
 */
export function stampede({ downMs, patienceMs, wait, random, ...all }: Restart): Return {
  const each = Math.max(1, all.clients / played)
  const [clients, rate, backlog] = [Math.round(all.clients / each), all.rate / each, all.backlog / each]
  const time = new Time()
  const broker = new SimulatedServer('broker', time, () => 1, () => 1000 / rate)
  const triesIn = new Map<number, number>()
  let [back, tries, wasted, allBackMs] = [0, 0, 0, NaN]

  const client = () => {
    let [failures, attempt] = [0, 0]
    const again = () => time.after(wait(++failures, random), connect)
    const connect = () => {
      tries++
      const second = Math.floor((time.now() - downMs) / 1000)
      if (second >= 0) triesIn.set(second, (triesIn.get(second) ?? 0) + 1)
      if (time.now() < downMs || broker.inFlight > backlog) return void again()
      const own = ++attempt
      let over = false
      broker.ask(() => {
        if (over) return void wasted++
        over = true
        if (++back === clients) allBackMs = time.now() - downMs
      })
      time.after(patienceMs, () => {
        if (over || own !== attempt) return
        over = true
        again()
      })
    }
    again()
  }
  for (let i = 0; i < clients; i++) client()
  for (let at = 0; Number.isNaN(allBackMs) && at < longest; at += 1000) time.runUntil(at)

  return { allBackMs, tries: tries / clients, wasted: wasted / clients, peak: Math.max(...triesIn.values()) / rate }
}
