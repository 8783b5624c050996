import { createHistogram } from 'node:perf_hooks'
import { systemClock } from '@rpc-steps/async-await'
import type { Clock, Json } from '@rpc-steps/async-await'
import { statusOf } from './status.ts'

/** How much is asked. */
export interface SteadyOptions {
  /** Calls a second. */
  rate: number
  seconds: number
  clock?: Clock
}

/** What became of the calls. Times are in milliseconds, of calls that were answered. */
export interface SteadyReport {
  calls: number
  ok: number
  /** Those that failed, by status, code or name of their errors. */
  failed: Record<string, number>
  p50: number
  p99: number
}

// #region steady
/**
 * Calls at a steady rate, whatever becomes of the calls before, as a crowd of callers does that know nothing of each
 * other. The time of a call counts from when it was due: one that could not leave in time has waited, too.
 * Resolves when each has had its outcome.
 */
export async function steady(one: (n: number) => Promise<Json>, options: SteadyOptions): Promise<SteadyReport> {
  const { rate, seconds, clock = systemClock } = options
  const total = Math.round(rate * seconds)
  const times = createHistogram()
  const failed: Record<string, number> = {}
  const pending: Promise<void>[] = []
  const started = clock.now()
  const dueAt = (n: number) => started + (n * 1000) / rate

  const call = async (n: number) => {
    try {
      await one(n)
      times.record(Math.max(1, Math.round((clock.now() - dueAt(n)) * 1000)))
    } catch (error) {
      const name = nameOf(error)
      failed[name] = (failed[name] ?? 0) + 1
    }
  }
  while (pending.length < total) {
    while (pending.length < total && dueAt(pending.length) <= clock.now()) pending.push(call(pending.length))
    if (pending.length < total) await new Promise<void>((resolve) => clock.after(dueAt(pending.length) - clock.now(), resolve))
  }
  await Promise.all(pending)
  const quantile = (part: number) => (times.count > 0 ? times.percentile(part) / 1000 : 0)
  return { calls: total, ok: times.count, failed, p50: quantile(50), p99: quantile(99) }
}

function nameOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown }
  return statusOf(error) ?? String(code ?? name)
}
// #endregion
