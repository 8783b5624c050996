import type { TraceEvent } from '@rpc-steps/trace'

// Each trace is a file of its own in the built site: a page loads only the ones it shows.
const files = import.meta.glob<TraceEvent[]>('../../../traces/*.json', { import: 'default' })

/** The recorded trace `docs/traces/NAME.json`. */
export function loadTrace(name: string): Promise<TraceEvent[]> {
  const load = files[`../../../traces/${name}.json`]
  if (!load) throw new Error(`no trace ${name} in docs/traces: npm run trace:record`)
  return load()
}
