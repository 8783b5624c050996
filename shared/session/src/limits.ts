import { defaultLimits as frameLimits } from '@rpc-steps/wire'
import type { FrameLimits } from '@rpc-steps/wire'

/** How much one connection may take, and how long. Infinity is no limit. */
export interface Limits extends FrameLimits {
  /** Arrays and objects inside each other in one message. */
  depth: number
  /** Items in a batch. */
  batch: number

  /** Bytes that wait to be sent, above which the output is full, until half of it has left. */
  highWater: number
  /** Bytes that wait to be sent, above which the connection is ended. */
  hardCap: number
  /** Requests that wait unrun because the output is full. */
  parked: number
  /** Characters of what is parked. */
  parkedSize: number
  /** Calls of ours on the wire that have no reply yet. Those beyond wait here. */
  window: number
  /** Characters of those calls; one may always go. */
  windowSize: number

  /** Milliseconds for the next 16 KiB of a frame that has begun, or for its end. */
  frameTimeout: number
  /** Milliseconds in which the peer must take something of what waits for it. */
  sendTimeout: number
  /** Milliseconds without progress that `close` leaves to what is in flight. */
  grace: number
  /** Milliseconds from our end of the stream to the peer's. */
  linger: number
}

// The window is what the other end parks: two ends with these limits never refuse each other's calls.
const most = 1024
const mostSize = 1024 * 1024

/** What a connection has unless it is told otherwise. */
export const defaultLimits: Readonly<Limits> = {
  ...frameLimits,
  depth: 100,
  batch: 100,
  highWater: 64 * 1024,
  hardCap: 16 * 1024 * 1024,
  parked: most,
  parkedSize: mostSize,
  window: most,
  windowSize: mostSize,
  frameTimeout: 30_000,
  sendTimeout: 30_000,
  grace: 5_000,
  linger: 1_000,
}

/** The limits that are named, and the defaults for the others. Throws RangeError. */
export function limitsOf(given: Partial<Limits>): Limits {
  const limits = { ...defaultLimits }
  for (const name of Object.keys(limits) as (keyof Limits)[]) {
    const value = given[name]
    if (value === undefined) continue
    if (!(value >= 0)) throw new RangeError(`${name} must be 0 or more, not ${value}`)
    limits[name] = value
  }
  return limits
}
