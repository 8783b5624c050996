import { connect } from '@rpc-steps/async-await'
import type { Address, Call, PeerOptions } from '@rpc-steps/async-await'
import { addressText } from '@rpc-steps/cli'
import type { Dial } from '@rpc-steps/security'
import { streams } from '@rpc-steps/streaming'
import { balanced } from './balanced.ts'
import type { BackendState } from './balanced.ts'
import { Budget } from './budget.ts'
import { drains } from './draining.ts'
import type { Picker } from './picking.ts'
import { hedged } from './hedged.ts'
import { reconnecting } from './reconnecting.ts'
import { retrying } from './retrying.ts'
import type { Idempotent } from './tries.ts'

/** How servers are reached, and what may run twice. */
export interface ResilientOptions extends PeerOptions {
  idempotent?: Idempotent
  /** Default: a plain connection. */
  dial?: Dial
  /** Who is asked. Default: of any two the one with less to do. */
  picker?: Picker
}

/** Calls to several servers of the same service. */
export interface Resilient {
  readonly call: Call
  readonly backends: readonly BackendState[]
  /** Second and further tries so far. */
  readonly counts: { retries: number; hedges: number }
  /** Resolves when one of the servers is connected. */
  connected(signal?: AbortSignal): Promise<void>
  /** Finishes what is in flight, and closes all connections. */
  close(): Promise<void>
}

// The service has no method that changes anything: run twice, each is as good as once.
const methods = new Set(['say', 'fetch', 'sleep', 'add', 'subtract', 'sum', 'get_data', 'hash'])
const harmless: Idempotent = (method) => methods.has(method)

// #region resilient
/** Asks any of these servers; tries again or elsewhere what fails, and asks a second one when the first is slow. */
export function resilient(servers: readonly Address[], options: ResilientOptions = {}): Resilient {
  const { idempotent = harmless, dial = connect, picker, extensions = [], ...peerOptions } = options
  const lines = servers.map((server) => {
    const toIt = (signal: AbortSignal) => dial(server, { ...peerOptions, signal, extensions: [streams, drains, ...extensions] })
    return reconnecting(toIt, { name: addressText(server), cap: 1_000 })
  })
  const spread = balanced(lines, picker && { picker })
  const counts = { retries: 0, hedges: 0 }
  // Together less than a tenth. Each has its own, or second tries, which are a luxury, would spend what lost calls need.
  const [forRetries, forHedges] = [new Budget({ ratio: 0.06 }), new Budget({ ratio: 0.03, start: 0 })]
  const quick = hedged(spread, { idempotent, budget: forHedges, hedged: () => counts.hedges++ })
  const call = retrying(quick, { idempotent, budget: forRetries, retried: () => counts.retries++ })
  return {
    call,
    backends: spread.backends,
    counts,
    connected: (signal) => Promise.any(lines.map((line) => line.connected(signal))),
    close: async () => void (await Promise.all(lines.map((line) => line.close()))),
  }
}
// #endregion
