import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { panelOf } from '../changes.ts'
import { recordingOf } from '../course.ts'
import { fileOfPage, pages, regionsOf, root, snippetsOf, textOf } from '../source.ts'
import { coursePages, glossaryTerms } from '../words/course.ts'
import { checkTerms } from '../words/terms.ts'
import { questions } from '../predict/index.ts'
import { question } from '../predict/question.ts'
import { say } from '../predict/say.ts'

const run = promisify(execFile)
const keyOf = (options: readonly { right: boolean }[]) => options.findIndex(({ right }) => right)
const sceneOf = (file: string) => /\/traces\/([\w-]+)\.json$/.exec(file)?.[1]
/** All that a reader may get to read of a question. */
function wordsOf(id: string): string {
  const { text, options } = questions.find((q) => q.id === id)!.ask()
  return [text, ...options.flatMap((option) => [option.text, option.why])].join('\n\n')
}
const placed = pages().flatMap((page) =>
  [...textOf(page).matchAll(/<Predict id="([^"]*)"/g)].map(([, id]) => ({ page, id })),
)

describe('the questions', () => {
  test.each(questions)('$id has one answer by its record, and explains every option', (q) => {
    const { text, options } = q.ask()
    expect(text).toMatch(/\?$/)
    expect(options.length).toBeGreaterThan(1)
    for (const option of options) expect(option.why).toMatch(/[.\d"]$/)
    expect(new Set(options.map((option) => option.text)).size).toBe(options.length)
  })

  test('are each asked once, in the chapter whose number they begin with', () => {
    expect(placed.map(({ id }) => id).sort()).toEqual(questions.map(({ id }) => id).sort())
    for (const { page, id } of placed) expect(page).toContain(`/${id?.slice(0, 2)}-`)
  })

  test('are three or more in each chapter', () => {
    for (const page of pages().filter((name) => name.startsWith('docs/steps/'))) {
      expect(placed.filter((place) => place.page === page).length, page).toBeGreaterThanOrEqual(3)
    }
  })

  test('point at timelines that are in the same chapter', () => {
    for (const { page, id } of placed) {
      const { file, look } = questions.find((q) => q.id === id)!.ask()
      if (look) expect(textOf(page)).toMatch(new RegExp(`<Timeline .*"${sceneOf(file)}"`))
    }
  })

  test('use no term of the glossary before the course has said what it means', () => {
    const expanded = coursePages().map(({ path, text }) => ({
      path,
      text: text
        .replace(/<Predict id="([^"]*)" \/>/g, (_, id: string) => wordsOf(id))
        .replace(/<Changes step="([^"]*)" \/>/g, (_, step: string) => panelOf(step)),
    }))
    expect(checkTerms(expanded, glossaryTerms())).toEqual([])
  })
})

test('the answer about a crash is the same when it crashes again', async () => {
  const { file, ask } = questions.find(({ id }) => id === '02-crash')!
  expect(file).toBe(recordingOf('02-crash.txt'))
  const program = join(root, 'steps/02-callbacks/crash.ts')
  const { stdout } = await run(process.execPath, ['--import', 'tsx', program], { cwd: root })
  expect(keyOf(ask(stdout).options)).toBe(keyOf(ask().options))
})

describe('a question stands before what gives it away', () => {
  /** All that a reader has before them, as they read it: code, what other questions say, what has changed. */
  const expanded = (path: string, text: string) =>
    text
      .split('\n')
      .map((line) => {
        const [snippet] = snippetsOf(fileOfPage(path), line)
        if (!snippet) return line
        const source = textOf(snippet.file)
        const region = regionsOf(source).find(({ name }) => name === snippet.region)
        const shown = source.split('\n').slice((region?.first ?? 1) - 1, region?.last)
        return `<<< ${snippet.file}\n${shown.map((code) => code.replace(/^\s*(?:\/\/|\*)\s/, '')).join('\n')}`
      })
      .join('\n')
      .replace(/<Changes step="([^"]*)" \/>/g, (_, step: string) => panelOf(step))
  const course = coursePages().map(({ path, text }) => ({ path, text: expanded(path, text) }))
  const said = (text: string) =>
    text.replace(/<Predict id="([^"]*)" \/>/g, (_, id: string) => wordsOf(id)).replace(/\s+/g, ' ')

  /** What gives a question away before it is asked, and what of it is nowhere to be found behind it. */
  function faultsOf(id: string, pages: readonly { path: string; text: string }[]): string[] {
    const { tells, file } = questions.find((q) => q.id === id)!
    const tag = `<Predict id="${id}" />`
    const place = pages.findIndex(({ text }) => text.includes(tag))
    const [above = '', below = ''] = pages[place]!.text.split(tag)
    const before = [...pages.slice(0, place).map(({ text }) => text), above].map(said).join(' ')
    const scene = sceneOf(file)
    const picture = scene === undefined ? `<<< ${file}` : new RegExp(`<Timeline [^>]*"${scene}"`)
    const found = (text: string, tell: RegExp | string) =>
      typeof tell === 'string' ? text.includes(`${tell} `) : tell.test(text)
    return [
      ...[...tells, picture].filter((tell) => found(before, tell)).map((tell) => `${id}: before it stands ${tell}`),
      ...tells.filter((tell) => !tell.test(said(below))).map((tell) => `${id}: ${tell} is not behind it`),
    ]
  }

  test.each(questions)('$id', ({ id, tells }) => {
    expect(tells.length).toBeGreaterThan(0)
    expect(faultsOf(id, course)).toEqual([])
  })

  test.each([
    ['its own chapter says it before', (text: string, tag: string) => text.replace(tag, `It keeps everybody else waiting.\n\n${tag}`)],
    ['its picture is shown before', (text: string, tag: string) => text.replace(tag, `<Timeline trace="01-five-clients" />\n\n${tag}`)],
    ['it is asked at the end', (text: string, tag: string) => text.replace(tag, '').concat(tag)],
  ])('is found out when %s', (_, change) => {
    const spoilt = course.map(({ path, text }) => ({ path, text: change(text, '<Predict id="01-in-hand" />') }))
    expect(faultsOf('01-in-hand', spoilt)).not.toEqual([])
  })

  test('is found out when a page before says it, or a comment in its code', () => {
    const [start, ...others] = course
    const told = { ...start!, text: `${start!.text}\nNagle` }
    expect(faultsOf('02-two-writes', [told, ...others])).toEqual(['02-two-writes: before it stands /Nagle/'])
    const code = expanded('start.md', '<<< ../steps/04-async-await/src/promises-on-loop.ts#run{ts}')
    expect(faultsOf('04-order', [{ ...start!, text: code }, ...others])).toEqual([
      '04-order: before it stands /queue of microtasks/',
    ])
  })
})

describe('an answer that is no longer true', () => {
  /** The answer to a question if the code behaved like that of another step. */
  const keyIn = (id: string, scene: string) => {
    const { ask } = questions.find((q) => q.id === id)!
    return [keyOf(ask().options), keyOf(ask(textOf(recordingOf(`${scene}.json`))).options)]
  }

  test.each([
    ['01-in-hand', '01-five-clients-threads'],
    ['01-unread', '01-five-clients-threads'],
    ['02-second-answer', '04-five-fetches'],
    ['02-pieces', '05-five-fetches'],
    ['05-two-at-a-time', '05-five-fetches'],
    ['06-first-answers', '06-crowd-fair'],
    ['06-turns', '06-crowd'],
  ])('is found: %s, asked about %s', (id, scene) => {
    const [right, now] = keyIn(id, scene)
    expect(now).not.toBe(right)
  })

  test('is found when nothing of the kind happens any more', () => {
    expect(() => keyIn('03-sleeps', '02-five-fetches')).toThrow('no moment is told')
  })
})

describe('a question', () => {
  const option = { text: say`yes`, why: say`because` }
  const asked = (...holds: boolean[]) =>
    question('q', { file: 'a file', read: (text) => text }, [], () => ({
      text: say`is it?`,
      options: holds.map((holds) => ({ ...option, holds })),
    })).ask('')

  test('has exactly one right option', () => {
    expect(keyOf(asked(false, true).options)).toBe(1)
    expect(() => asked(false, false)).toThrow('one option must hold by a file, not 0')
    expect(() => asked(true, true)).toThrow('one option must hold by a file, not 2\n- yes\n- yes')
  })
})

describe('a text', () => {
  test('takes its numbers from computing', () => {
    expect(say`It took ${300} ms, with \`recv\`.`).toBe('It took 300 ms, with `recv`.')
  })

  test.each([
    () => say`It took 300 ms`,
    () => say`all five calls, ${1}`,
    () => say`twice as long`,
    () => say`the third answer`,
  ])('cannot have a number typed into it: %s', (write) => {
    expect(write).toThrow('is typed, not computed')
  })
})
