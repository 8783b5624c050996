import { mkdir, writeFile } from 'node:fs/promises'
import type { TraceEvent } from '@rpc-steps/trace'
import { record, scenes } from './record/scenes.ts'
import { toText } from './record/tidy.ts'

/*
 * npm run trace:record [-- NAME ...]
 *
 * Plays every scene, or those whose name begins with one of the words, and writes what happened
 * to docs/traces. Each is played three times; the shortest is kept, as the one that the rest of
 * the machine has disturbed least. Look at the difference before you commit it.
 */
const words = process.argv.slice(2)
const chosen = Object.entries(scenes).filter(
  ([name]) => words.length === 0 || words.some((word) => name.startsWith(word)),
)
if (chosen.length === 0) {
  console.error(
    `no scene begins with ${words.join(' or ')}; there are:\n${Object.keys(scenes).join('\n')}`,
  )
  process.exit(1)
}

const folder = new URL('traces/', import.meta.url)
await mkdir(folder, { recursive: true })
const lengthOf = (events: readonly TraceEvent[]) => events.at(-1)?.ts ?? Infinity
for (const [name, plan] of chosen) {
  const runs = [await record(plan), await record(plan), await record(plan)]
  const events = runs.reduce((a, b) => (lengthOf(b) < lengthOf(a) ? b : a))
  await writeFile(new URL(`${name}.json`, folder), toText(events))
  console.log(`${name}: ${events.length} events`)
}
