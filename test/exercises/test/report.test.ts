import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { start } from '@rpc-steps/cli/processes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allExercises, root } from '../src/exercise.ts'
import type { Exercise } from '../src/exercise.ts'
import { bodyIn, withBody } from '../src/hole.ts'
import { markDone } from '../src/progress.ts'
import { report, reportInWords } from '../src/report.ts'
import type { Standing } from '../src/report.ts'
import { copyOf, makeCopy } from '../src/working-copy.ts'

const ofStep = (number: string) => allExercises().filter(({ step }) => step === number)
const [send, receive] = ofStep('01') as [Exercise, Exercise]
const [interest, dispatch, timers] = ofStep('03') as [Exercise, Exercise, Exercise]

describe('a report', () => {
  const place = mkdtempSync(join(root, '.trials-'))
  afterAll(() => rmSync(place, { recursive: true, force: true, maxRetries: 5 }))
  let standings: Standing[]
  const of = ({ id }: Exercise) => standings.find((standing) => standing.id === id)!
  const change = (exercise: Exercise, change: (text: string, name: string) => string) => {
    const [{ file, name } = { file: '', name: '' }] = exercise.holes
    const path = join(copyOf(exercise, place), file)
    writeFileSync(path, change(readFileSync(path, 'utf8'), name))
  }
  const oursIn = (exercise: Exercise) => {
    const [{ file, name } = { file: '', name: '' }] = exercise.holes
    return bodyIn(readFileSync(join(exercise.folder, file), 'utf8'), name)
  }

  beforeAll(async () => {
    for (const exercise of [interest, dispatch, timers]) {
      makeCopy(exercise, copyOf(exercise, place))
      // It is remembered as right, and nothing of that is to be believed.
      markDone(exercise, place)
    }
    change(dispatch, (text, name) => withBody(text, name, `${oursIn(dispatch)}\n// And a word more.`))
    change(timers, (text, name) => withBody(text, name, oursIn(timers)))
    change(interest, () => 'no TypeScript (')
    // Whoever empties the tests that judge them has won nothing.
    for (const { file } of timers.tests) appendFileSync(join(copyOf(timers, place), file), '\nthrow new Error("changed")\n')
    for (const { file } of interest.tests) writeFileSync(join(copyOf(interest, place), file), '')
    standings = await report([send, receive, interest, dispatch, timers], place, {})
  }, 60_000)

  it('has what passes now, tried with the tests of the course', () => {
    expect(standings.map(({ state }) => state)).toEqual(['not begun', 'not begun', 'begun', 'passes', 'passes'])
    for (const exercise of [dispatch, timers]) expect(of(exercise).tests).toEqual({ green: exercise.tests.length, all: exercise.tests.length })
  })

  it('says of what cannot be tried why', () => {
    expect(of(interest)).toMatchObject({ tests: { green: 0, all: interest.tests.length }, trouble: expect.stringContaining('did not load') as string })
  })

  it('tells who wrote the same by a hash, and who wrote what we did', () => {
    expect(of(dispatch).written).toMatch(/^[0-9a-f]{16}$/)
    expect(of(dispatch).written).not.toBe(of(timers).written)
    expect([of(dispatch).isOurs, of(timers).isOurs]).toEqual([undefined, true])
    expect(of(send)).not.toHaveProperty('written')
  })

  it('is a line for each in words', () => {
    const lines = reportInWords(standings, 'handed-in').split('\n')
    expect(lines).toContainEqual(expect.stringMatching(/^passes {5}(\d) of \1 .{9,}03-timers .*; ours, to the letter$/))
    expect(lines).toContainEqual(expect.stringMatching(/^not begun {18,}01-send /))
    expect(lines.at(-1)).toBe('2 of 5 pass. Checked anew, from the files in handed-in.')
  })

  it('comes from the command line as JSON, with exit code 0 whatever passes', async () => {
    const from = mkdtempSync(join(place, 'nothing-'))
    const program = start(new URL('../main.ts', import.meta.url), ['report', '--json', '--step', '1', '--from', from], { cwd: root })
    const { code } = await program.exited
    expect(code).toBe(0)
    expect(JSON.parse(program.stdout())).toEqual({
      checkedAnew: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
      passes: 0,
      of: 2,
      exercises: await report([send, receive], from, {}),
    })
  })
})
