import type { TraceEvent } from '@rpc-steps/trace'

// Each trace is a file of its own in the built site: a page loads only the ones it shows.
const files = import.meta.glob<TraceEvent[]>('../../../steps/*/traces/*.json', { import: 'default' })
const byName = new Map(
  Object.entries(files).map(([path, load]) => [/([^/]+)\.json$/.exec(path)?.[1], load]),
)

/** The recorded trace `NAME.json`, from beside the page of its step. */
export function loadTrace(name: string): Promise<TraceEvent[]> {
  const load = byName.get(name)
  if (!load) throw new Error(`there is no trace ${name}: npm run trace:record`)
  return load()
}
