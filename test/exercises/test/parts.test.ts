import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, watch as realWatch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { allExercises, exercisesOf, root } from '../src/exercise.ts'
import { bodyIn, linesIn, withBody } from '../src/hole.ts'
import { keepProgress, markDone, readProgress } from '../src/progress.ts'
import { watchSaves } from '../src/watch.ts'
import { makeCopy } from '../src/working-copy.ts'

/** A folder of its own. */
function place(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rpc-steps-exercises-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

describe('a hole', () => {
  const source = `export function add(a: number, b: number): number {
  // Gone with the body.
  return a + b
}

export class Counter {
  #count = 0
  // #region add
  /** Stays. */
  #add(n: number): void {
    const add = () => n
    this.#count += add()
  }
  // #endregion
  readonly twice = (n: number) => 2 * n
  get count(): number { return this.#count }
}
`
  it.each([
    ['add', 'return 0'],
    ['Counter.#add', 'if (n) {\n  throw new Error()\n}'],
    ['Counter.twice', 'return n'],
    ['Counter.count', 'return 7'],
  ])('%s takes another body, and nothing around it changes', (name, body) => {
    const changed = withBody(source, name, body)
    expect(bodyIn(changed, name)).toBe(body)
    const [first, last] = linesIn(changed, name)!
    const around = changed.split('\n').filter((_, i) => i + 1 < first || i + 1 > last)
    expect(source.split('\n')).toEqual(expect.arrayContaining(around))
    // With its own body in it, it is what it was, but for the comments.
    if (name === 'Counter.#add') expect(withBody(changed, name, bodyIn(source, name))).toBe(source)
  })

  it('that is not there, or twice, is an error', () => {
    expect(() => withBody(source, 'subtract', '')).toThrow('0 functions are called subtract')
    expect(() => withBody(source, 'n', '')).toThrow('0 functions')
    expect(() => withBody(source + source, 'add', '')).toThrow('2 functions are called add')
    expect(linesIn(source, 'subtract')).toBeUndefined()
  })
})

describe('an exercise', () => {
  const whole = readFileSync(join(root, 'steps/05-gather/exercises/limit/exercise.md'), 'utf8')
  /** A course of one step, which has one exercise. */
  const read = (text: string) => {
    const home = place()
    for (const [file, content] of [
      ['docs/steps/01-example/index.md', '# Example\n\n## How many at once {#limit}\n'],
      ['steps/01-example/exercises/one/exercise.md', text],
    ] as const) {
      mkdirSync(join(home, file, '..'), { recursive: true })
      writeFileSync(join(home, file), content)
    }
    return allExercises(home)
  }

  it('is found by its folder, and its chapter by the heading', () => {
    const [one] = read(whole.replaceAll('\n', '\r\n'))
    expect(one).toMatchObject({ id: '01-one', step: '01', name: 'one', hints: { length: 3 } })
    expect(one!.tests[0]!.read).toEqual({ page: 'docs/steps/01-example/index.md', heading: 'How many at once', line: 3 })
    expect(one!.wrong.map(({ name }) => name)).toContain('in chunks')
    expect(exercisesOf('02-none', place())).toEqual([])
  })

  it.each([
    ['minutes: 25\n', '', 'it does not say "minutes"'],
    ['read: How many at once', 'read: Nowhere', 'no page has the heading "Nowhere"'],
    ['write: src/gather.ts > gather', 'write: gather', '"gather" is not FILE > FUNCTION'],
    ['> the last that ended: expected', '', '"in chunks" does not say in a line with > how it is found'],
    ['minutes: 25', 'minutes: [', /one\/exercise.md: .*line \d+/],
    ['---\n', '', 'it must begin with its facts'],
    ['    done: There', '    don: There', 'a test has FILE > NAME, done and expected'],
  ])('without %j says what is missing', (text, instead, message) => {
    expect(whole).toContain(text)
    expect(() => read(whole.replace(text, instead))).toThrow(message)
  })
})

it('a copy holds what the reader finds, nothing that gives it away, and is never made over another', () => {
  const exercise = allExercises().find(({ id }) => id === '03-interest')!
  const copy = join(place(), 'copy')
  makeCopy(exercise, copy)
  const text = readFileSync(join(copy, exercise.holes[0]!.file), 'utf8')
  for (const { name } of exercise.holes) expect(bodyIn(text, name)).toBe(`throw new Error('${name} is not written yet')`)
  for (const gone of ['bugs', 'exercises']) expect(() => readFileSync(join(copy, gone))).toThrow('ENOENT')
  expect(() => makeCopy(exercise, copy)).toThrow('is there already')
})

it('progress is remembered, and what cannot be read is none', () => {
  const folder = join(place(), 'not there yet')
  expect(readProgress(folder)).toEqual({ done: {}, hints: {} })
  const [exercise] = allExercises()
  markDone(exercise!, folder)
  const { done } = readProgress(folder)
  keepProgress((progress) => (progress.hints['a'] = 2), folder)
  markDone(exercise!, folder)
  expect(readProgress(folder)).toEqual({ done, hints: { a: 2 } })
  expect(Object.keys(done)).toEqual([exercise!.id])
  writeFileSync(join(folder, 'progress.json'), '{"done":')
  expect(readProgress(folder)).toEqual({ done: {}, hints: {} })
})

describe('who watches a file', () => {
  const file = () => {
    const path = join(place(), 'source.ts')
    writeFileSync(path, 'one')
    return path
  }

  it.each([
    ['written', (path: string) => writeFileSync(path, 'two')],
    ['replaced by another', (path: string) => (writeFileSync(`${path}~`, 'two'), renameSync(`${path}~`, path))],
  ])('hears when it is %s', async (_, save) => {
    const path = file()
    const saved = vi.fn()
    const { stop } = await watchSaves(path, saved)
    save(path)
    await expect.poll(() => saved.mock.calls.length, { timeout: 10_000 }).toBeGreaterThan(0)
    stop()
  })

  const silent = (() => realWatch(place())) as unknown as typeof realWatch
  const refuses = () => {
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
  }
  it.each([['says nothing', silent], ['refuses', refuses]])('looks for itself where the system %s', async (_, look) => {
    const path = file()
    const saved = vi.fn()
    const { by, stop } = await watchSaves(path, saved, look)
    expect(by).toBe('polling')
    expect(saved).not.toHaveBeenCalled()
    writeFileSync(path, 'two, and longer')
    await expect.poll(() => saved.mock.calls.length, { timeout: 10_000 }).toBeGreaterThan(0)
    stop()
  })
})
