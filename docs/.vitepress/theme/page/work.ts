import type { TraceEvent } from '@rpc-steps/trace'

/** Hears what a server's workers do, and tells when one has ended: the id of the request, and the milliseconds that it took. */
export function workOf(ended: (id: string, ms: number) => void): (event: TraceEvent) => void {
  const begun = new Map<string, number>()
  return ({ ph, id = '', ts }) => {
    if (ph === 'b') begun.set(id, ts)
    const from = begun.get(id)
    if (ph !== 'e' || from === undefined) return
    begun.delete(id)
    // A call is known by the port of its client, and its id there.
    ended(id.replace(/^.*?:/, ''), (ts - from) / 1000)
  }
}
