import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { main, readCommandLine, UsageError } from '@rpc-steps/cli'
import type { TraceEvent } from '@rpc-steps/trace'
import { recordingOf } from '../course.ts'
import { root } from '../source.ts'
import { record, scenes } from '../record/scenes.ts'
import { toText } from '../record/tidy.ts'

const usage = `npm run trace:record [-- NAME ...]

Plays every scene, or those whose name begins with one of the words, and writes what happened
beside the page of the step. Each is played three times; the shortest is kept, as the one that the
rest of the machine has disturbed least. Look at the difference before you commit it. The scenes:
${Object.keys(scenes).map((name) => `  ${name}`).join('\n')}`

const lengthOf = (events: readonly TraceEvent[]) => events.at(-1)?.ts ?? Infinity

await main(async () => {
  const { words } = readCommandLine(usage, {})
  const chosen = Object.entries(scenes).filter(
    ([name]) => words.length === 0 || words.some((word) => name.startsWith(word)),
  )
  if (chosen.length === 0) throw new UsageError(`no scene begins with ${words.join(' or ')}`)
  for (const [name, plan] of chosen) {
    const runs = [await record(plan), await record(plan), await record(plan)]
    const events = runs.reduce((a, b) => (lengthOf(b) < lengthOf(a) ? b : a))
    const file = join(root, recordingOf(`${name}.json`))
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, toText(events))
    console.log(`${name}: ${events.length} events`)
  }
})
