import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { main, readCommandLine, UsageError } from '@rpc-steps/cli'
import { recordingOf } from '../course.ts'
import { root } from '../source.ts'
import { commands, tables } from '../words/recorded.ts'
import { outputOf, shown } from '../record/output.ts'

const usage = `npm run tables:record -w docs [-- NAME ...]

Runs the commands of all tables, or of those whose name begins with one of the words, and
writes what they print. Benchmarks are among them: all of it takes minutes, and wants a machine
that does nothing else. Look at the difference before you commit it. The tables:
${Object.keys(commands).map((file) => `  ${file}`).join('\n')}`

await main(async () => {
  const { words } = readCommandLine(usage, {})
  const chosen = Object.entries(commands).filter(
    ([file]) => words.length === 0 || words.some((word) => file.startsWith(word)),
  )
  if (chosen.length === 0) throw new UsageError(`no table begins with ${words.join(' or ')}`)
  for (const command of new Set(chosen.map(([, command]) => command))) {
    console.log(command)
    const ends = Object.values(tables).find((table) => table.command === command)?.ends
    const output = await outputOf(command, [], ends)
    // strace.ts is told to write its two files itself, and prints nothing.
    if (output === '') continue
    for (const [file, made] of chosen) {
      if (made !== command) continue
      await writeFile(join(root, recordingOf(file)), shown(command, output))
    }
  }
})
