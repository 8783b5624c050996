import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { stopSignal, UsageError } from '@rpc-steps/cli'
import { check } from './check.ts'
import { root } from './exercise.ts'
import type { Exercise } from './exercise.ts'
import { bodyIn } from './hole.ts'
import { keepProgress, markDone, readProgress } from './progress.ts'
import { story, where, wrapped } from './story.ts'
import { watchSaves } from './watch.ts'
import { copyOf, makeCopy, removeCopy } from './working-copy.ts'

/** What can be done with an exercise that was begun. */
export const actions = ['check', 'hint', 'solution', 'reset'] as const
export type Action = (typeof actions)[number]

export interface ActionOptions {
  watch: boolean
  /** Seconds. */
  limit: number
  yes: boolean
}

/** Does something with an exercise; without an action, begins it. Prints what comes of it. */
export async function act(exercise: Exercise, action: Action | undefined, options: ActionOptions): Promise<void> {
  const copy = copyOf(exercise)
  if (!existsSync(copy) && action !== 'hint') {
    if (action !== undefined) throw new UsageError(`you have not begun it: ${command(exercise)} does`)
    makeCopy(exercise)
  } else if (action === undefined) {
    console.log(`You have begun this one already, and find it as you left it. To begin anew: ${command(exercise, 'reset')}\n`)
  }
  keepProgress((progress) => (progress.last = exercise.id))
  switch (action) {
    case undefined:
      return console.log(task(exercise))
    case 'check':
      return options.watch ? checkOnSave(exercise, options) : checkOnce(exercise, options, await stopping())
    case 'hint':
      return hint(exercise)
    case 'solution':
      return solution(exercise)
    case 'reset':
      return reset(exercise, options)
  }
}

/** What is to be done, as the chapter says it, and where. */
function task(exercise: Exercise): string {
  const { title, text, holes, minutes, works, tests } = exercise
  const names = holes.map(({ name }) => name).join(' and ')
  return `${title}

${text}

Open     ${filesOf(exercise)}
Write    ${names}
It takes ${minutes} minutes, usually.
Read     ${where(tests[0]!.read)}
Check    ${command(exercise, 'check')}, or with --watch each time that you save

When it works

${wrapped(works)}`
}

async function checkOnce(exercise: Exercise, { limit }: ActionOptions, signal: AbortSignal): Promise<void> {
  const copy = copyOf(exercise)
  const checked = await check(exercise, copy, { limit: limit * 1000, signal })
  console.log(story(exercise, checked, copy, limit * 1000))
  process.exitCode = checked.result === 'right' ? 0 : 1
  if (checked.result === 'right') {
    markDone(exercise)
    console.log(`\nHow ours looks: ${command(exercise, 'solution')}`)
  } else if (checked.result === 'broken') {
    console.log(`\nIf the step has changed since you began, take it anew: ${command(exercise, 'reset')}`)
  } else if ((readProgress().hints[exercise.id] ?? 0) < exercise.hints.length) {
    console.log(`\nA hint: ${command(exercise, 'hint')}`)
  }
}

/** Checks now, and again each time that a file of it is saved. What was saved meanwhile is checked afterwards. */
async function checkOnSave(exercise: Exercise, options: ActionOptions): Promise<void> {
  const stopped = await stopping()
  let saved = () => {}
  let again = true
  const watches = await Promise.all(
    [...new Set(exercise.holes.map(({ file }) => file))].map((file) =>
      watchSaves(join(copyOf(exercise), file), () => {
        again = true
        saved()
      }),
    ),
  )
  try {
    while (!stopped.aborted) {
      if (again) {
        again = false
        console.log(`\n${new Date().toLocaleTimeString()}\n`)
        await checkOnce(exercise, options, stopped)
        const how = watches[0]!.by === 'polling' ? ' (looking for changes now and then: nobody tells us of them here)' : ''
        console.log(`\nSave ${filesOf(exercise)} to check again${how}; Ctrl-C ends.`)
        continue
      }
      await new Promise<void>((resolve) => {
        saved = resolve
        stopped.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  } catch (error) {
    if (!stopped.aborted) throw error
  } finally {
    for (const { stop } of watches) stop()
  }
}

/** Aborted when somebody asks the program to end. */
export async function stopping(): Promise<AbortSignal> {
  const stopped = new AbortController()
  const reason = Object.assign(new Error('stopped'), { code: 'ERR_STOPPED' })
  void stopSignal().then(() => stopped.abort(reason))
  return stopped.signal
}

function hint(exercise: Exercise): void {
  const { id, hints } = exercise
  const { hints: shown } = keepProgress(({ hints: shown }) => {
    shown[id] = Math.min((shown[id] ?? 0) + 1, hints.length)
  })
  const count = shown[id]!
  console.log(hints.slice(0, count).map((text, i) => `${i + 1}. ${text}`).join('\n\n'))
  const left = hints.length - count
  console.log(left > 0 ? `\n${left} more.` : `\nThat was the last. ${command(exercise, 'solution')} shows ours.`)
}

function solution(exercise: Exercise): void {
  const { holes, folder } = exercise
  for (const file of new Set(holes.map(({ file }) => file))) {
    const [yours, ours] = [join(copyOf(exercise), file), join(folder, file)]
    const colour = process.stdout.isTTY ? ['--color'] : []
    const args = ['diff', '--no-index', ...colour, '--', relative(root, yours), relative(root, ours)]
    const { status, stdout, error } = spawnSync('git', args, { cwd: root, encoding: 'utf8' })
    if (!error && status === 1) console.log(stdout.slice(stdout.indexOf('--- ')).trimEnd())
    else if (!error && status === 0) console.log(`${file}: yours is ours, to the letter.`)
    else for (const { name } of holes) console.log(`${name}:\n\n${bodyIn(readFileSync(ours, 'utf8'), name)}\n`)
  }
}

async function reset(exercise: Exercise, { yes }: ActionOptions): Promise<void> {
  if (!yes) {
    if (!process.stdin.isTTY) throw new UsageError('what you wrote would be lost: say --yes')
    const terminal = createInterface({ input: process.stdin, output: process.stdout })
    const answer = await terminal.question(`Throw away what you wrote in ${filesOf(exercise)}? [y/N] `)
    terminal.close()
    if (!/^y(es)?$/i.test(answer.trim())) return console.log('It stays.')
  }
  removeCopy(copyOf(exercise))
  makeCopy(exercise)
  keepProgress(({ hints }) => delete hints[exercise.id])
  console.log(`Open ${filesOf(exercise)}: it is as it was.`)
}

function filesOf(exercise: Exercise): string {
  const files = new Set(exercise.holes.map(({ file }) => file))
  return [...files].map((file) => relative(root, join(copyOf(exercise), file))).join(' and ')
}

function command({ step, name }: Exercise, action?: Action): string {
  return ['npm run exercise --', step, name, ...(action ? [action] : [])].join(' ')
}
