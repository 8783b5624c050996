import { writeFile } from 'node:fs/promises'
import { commands } from './.vitepress/words/recorded.ts'
import { outputOf, shown } from './record/output.ts'

/*
 * npm run tables:record -w docs [-- NAME ...]
 *
 * Runs the commands of docs/traces/*.txt, or of those whose name begins with one of the words, and
 * writes what they print. Benchmarks are among them: all of it takes minutes, and wants a machine
 * that does nothing else. Look at the difference before you commit it.
 */
const words = process.argv.slice(2)
const chosen = Object.entries(commands).filter(
  ([file]) => words.length === 0 || words.some((word) => file.startsWith(word)),
)
if (chosen.length === 0) {
  console.error(`no table begins with ${words.join(' or ')}; there are:`)
  console.error(Object.keys(commands).join('\n'))
  process.exit(1)
}

for (const command of new Set(chosen.map(([, command]) => command))) {
  console.log(command)
  const output = await outputOf(command)
  // strace.ts has written its two files itself, and prints nothing.
  if (output === '') continue
  for (const [file, made] of chosen) {
    if (made !== command) continue
    await writeFile(new URL(`traces/${file}`, import.meta.url), shown(command, output))
  }
}
