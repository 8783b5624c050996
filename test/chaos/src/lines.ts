import type { Act } from './acts.ts'
import type { News } from './proxy.ts'

/** What happens to a connection, in one short line. */
export function lineOf({ connection, what, way, act, passed, cause }: News): string {
  if (what === 'closed') return `${connection} closed after ${passed.up} bytes up, ${passed.down} down`
  if (what === 'unreachable') return `${connection} unreachable: ${cause?.message}`
  if (!way || !act) return `${connection} ${what}`
  const after = passed[way] > 0 ? ` after ${passed[way]} bytes` : ''
  return `${connection} ${way}: ${what}${howOf(act)}${after}`
}

function howOf({ fault, bytes, size, ms }: Act): string {
  if (fault === 'split') return ` of ${bytes} bytes to pieces of ${size}`
  if (fault === 'join') return ` of ${bytes} bytes, or of what comes in ${ms} ms`
  if (fault === 'throttle') return ` of ${bytes} bytes to ${Math.round(size / ms)} KB/s`
  return fault === 'delay' || fault === 'stall' ? ` of ${ms} ms` : ''
}

/** Counts by their names, without those that are 0: `3 split, 1 reset`. */
export function listed(counts: Iterable<[string, number]>): string {
  const some = [...counts].filter(([, count]) => count > 0)
  return some.map(([name, count]) => `${count} ${name}`).join(', ') || 'none'
}
