import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { flagOption, main, numberOption, readCommandLine, textOption, UsageError } from '@rpc-steps/cli'
import { act, actions, stopping } from './src/actions.ts'
import type { Action } from './src/actions.ts'
import { allExercises } from './src/exercise.ts'
import type { Exercise } from './src/exercise.ts'
import { readProgress } from './src/progress.ts'
import { report, reportInWords } from './src/report.ts'
import { copyOf, workplace } from './src/working-copy.ts'

const usage = `npm run exercise [-- [STEP [NAME]] [${actions.join('|')}|report] [options]]

Exercises: a part of a step whose body you write. Without words, lists them and what is done. With
STEP and NAME, such as 03 dispatch, makes a copy of the package in exercises/ and says which file to
open. What you write there is never overwritten unless you say so.

  check      runs what judges it, and tells of the first thing that is wrong
  hint       shows the next of three hints
  solution   shows how yours differs from ours
  reset      begins anew, and throws away what you wrote

Without STEP and NAME these are about the exercise that you worked on last.

  report     tries all that was begun, and says which pass: for whoever teaches. What was right
             before does not count, and neither do tests that were changed.`

await main(async () => {
  const { values, words } = readCommandLine(usage, {
    watch: flagOption('with check: again each time that you save'),
    limit: numberOption('SECONDS', 'with check or report: what a test may take', 5, 1, 600),
    yes: flagOption('with reset: do not ask'),
    json: flagOption('with report: as JSON'),
    step: textOption('STEP', 'with report: only the exercises of one step', undefined),
    from: textOption('FOLDER', 'with report: the folder exercises that somebody has handed in', undefined),
  })
  if (words[0] === 'report') {
    if (words.length > 1) throw new UsageError(`not understood: "${words[1]}"; the step is --step ${words[1]}`)
    return printReport(values)
  }
  const { exercises, action } = read(words)
  if (action === undefined && words.length < 2) return list(exercises)
  await act(exercises[0]!, action, values)
})

/** Which exercises the words speak of, and what is to be done with the only one. */
function read(words: readonly string[]): { exercises: Exercise[]; action: Action | undefined } {
  const all = allExercises()
  const actionAt = words.findIndex((word) => actions.some((action) => action === word))
  const action = actions[actions.findIndex((name) => name === words[actionAt])]
  const [step, name, more] = actionAt < 0 ? words : words.slice(0, actionAt)
  const extra = more ?? (actionAt < 0 ? undefined : words[actionAt + 1])
  if (extra !== undefined) throw new UsageError(`not understood: "${extra}"`)
  if (step === undefined) {
    if (action === undefined) return { exercises: all, action }
    const { last } = readProgress()
    const found = all.find(({ id }) => id === last)
    if (!found) throw new UsageError('say which exercise: 03 dispatch, for example')
    return { exercises: [found], action }
  }
  const ofStep = exercisesOfStep(all, step)
  const names = ofStep.map(({ name }) => name).join(', ')
  if (name === undefined && action !== undefined) throw new UsageError(`say which exercise of ${step}: ${names}`)
  const found = ofStep.filter((exercise) => name === undefined || exercise.name === name)
  if (found.length === 0) throw new UsageError(`${ofStep[0]!.stepFolder} has no exercise "${name}", but ${names}`)
  return { exercises: found, action }
}

/** Those of a step, which is a number or the name of a folder. */
function exercisesOfStep(all: readonly Exercise[], step: string): Exercise[] {
  const ofStep = all.filter(({ step: number, stepFolder }) => {
    const isNumber = /^\d+$/.test(step) && parseInt(number) === Number(step)
    return isNumber || step === stepFolder || step === stepFolder.slice(3)
  })
  if (ofStep.length > 0) return ofStep
  const steps = [...new Set(all.map(({ step }) => step))]
  throw new UsageError(`"${step}" has no exercises; ${steps.join(', ')} have`)
}

interface ReportOptions {
  json: boolean
  step: string | undefined
  from: string | undefined
  /** Seconds. */
  limit: number
}

async function printReport({ json, step, from, limit }: ReportOptions): Promise<void> {
  const place = from === undefined ? workplace : resolve(process.env['INIT_CWD'] ?? '.', from)
  if (from !== undefined && !existsSync(place)) throw new UsageError(`--from: there is no folder ${place}`)
  const all = allExercises()
  const asked = step === undefined ? all : exercisesOfStep(all, step)
  const standings = await report(asked, place, { limit: limit * 1000, signal: await stopping() })
  if (!json) return console.log(reportInWords(standings, relative(process.cwd(), place) || place))
  const passes = standings.filter(({ state }) => state === 'passes').length
  console.log(JSON.stringify({ checkedAnew: new Date().toISOString(), passes, of: standings.length, exercises: standings }, undefined, 2))
}

function list(exercises: readonly Exercise[]): void {
  const { done, last } = readProgress()
  let folder = ''
  for (const exercise of exercises) {
    const { id, stepFolder, name, title, minutes } = exercise
    if (stepFolder !== folder) console.log(stepFolder)
    folder = stepFolder
    const state = done[id] ? 'done' : existsSync(copyOf(exercise)) ? 'begun' : ''
    console.log(`  ${state.padEnd(6)}${name.padEnd(12)}${`${minutes} min`.padEnd(8)}${title}`)
  }
  const count = exercises.filter(({ id }) => done[id]).length
  console.log(`\n${count} of ${exercises.length} done.`)
  const lately = exercises.find(({ id }) => id === last && !done[id])
  const next = lately ?? exercises.find(({ id }) => !done[id])
  if (!next) return
  const words = `npm run exercise -- ${next.step} ${next.name}`
  if (lately) console.log(`You are at ${next.id}, in ${relative(process.cwd(), join(copyOf(next), next.holes[0]!.file))}: ${words} check`)
  else console.log(`Begin one with ${words}`)
}
