import { basename } from 'node:path'
import { flagOption, main, numberOption, readCommandLine, stopSignal, UsageError } from '@rpc-steps/cli'
import { bugsOf } from './src/bug.ts'
import type { Bug } from './src/bug.ts'
import { changeOf, explain } from './src/explain.ts'
import { judge } from './src/judge.ts'
import { withBugs } from './src/packages.ts'
import type { Package } from './src/packages.ts'

const usage = `npm run bug [STEP [NAME]] [-- options]

Shows a famous wrong version: what it changes, and how the test that must find it finds it, in a
copy of the step. STEP is a number such as 02, or a folder such as wire; NAME a name or its place in
the list. Without NAME, lists those there are. The exit code is 0 when the test is red, as it
should be.`

await main(async () => {
  const { values, words } = readCommandLine(usage, {
    change: flagOption('only show what it changes, for you to guess'),
    limit: numberOption('SECONDS', 'what the test may take', 20, 1, 600),
  })
  const [step, name, more] = words
  if (more !== undefined) throw new UsageError(`one wrong version at a time, not "${more}" as well`)
  const chosen = step === undefined ? withBugs : [packageOf(step)]
  if (name === undefined) return list(chosen)

  const bug = bugOf(chosen[0]!, name)
  console.log(changeOf(bug))
  if (values.change) return
  const { file, name: test } = bug.killedBy
  console.log(`\n${bug.name} must be found by this test, which has ${values.limit} s:\n\n  ${file}\n  ${test}\n`)
  const stopped = new AbortController()
  const reason = Object.assign(new Error('stopped'), { code: 'ERR_STOPPED' })
  void stopSignal().then(() => stopped.abort(reason))
  const judgement = await judge(bug, values.limit * 1000, stopped.signal)
  console.log(explain(bug, judgement, values.limit * 1000))
  if (judgement.verdict !== 'killed') process.exitCode = 1
})

function list(chosen: readonly Package[]): void {
  for (const { title, folder } of chosen) {
    console.log(title)
    for (const [i, { name }] of bugsOf(folder).entries()) console.log(`  ${i + 1} ${name}`)
  }
  console.log('\nnpm run bug STEP NAME shows one, and how its test finds it.')
}

function packageOf(word: string): Package {
  const found = withBugs.find(({ folder }) => {
    const name = basename(folder)
    const isNumber = /^\d+$/.test(word) && parseInt(name) === Number(word)
    return isNumber || name === word || name.replace(/^\d+-/, '') === word
  })
  if (found) return found
  throw new UsageError(`"${word}" has no wrong versions; ${withBugs.map(({ folder }) => basename(folder)).join(', ')} have`)
}

function bugOf({ title, folder }: Package, word: string): Bug {
  const bugs = bugsOf(folder)
  const found = bugs.find(({ name }) => name === word) ?? bugs[/^\d+$/.test(word) ? Number(word) - 1 : -1]
  if (found) return found
  throw new UsageError(`${title} has no "${word}", but ${bugs.map(({ name }) => name).join(', ')}`)
}
