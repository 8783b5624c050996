import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inCopies, linesOf, runTrial, tellingReader } from '@rpc-steps/trial'
import { describe, expect, it } from 'vitest'
import { bugsOf } from '../src/bug.ts'
import { judge, judgeAll, judgeWithout } from '../src/judge.ts'
import { apply } from '../src/patch.ts'

const counter = fileURLToPath(new URL('./fixtures/counter', import.meta.url))
/** Milliseconds: enough for a test that has nothing to wait for. */
const limit = 5_000
const bugs = new Map(bugsOf(counter).map((bug) => [bug.name, bug]))

describe.concurrent('the judge knows', () => {
  const judged = judgeAll([...bugs.values()], limit)

  it.each([
    ['killed', /^killed$/],
    ['times-out', /^killed$/],
    ['hangs', /^killed$/],
    ['hangs-behind', /^killed$/],
    ['fails-before', /^a house failed around its tests: Error: it is stuck$/],
    ['survives', /^survived$/],
    ['does-not-apply', /^does not apply: error: patch failed: src\/counter.ts/],
    ['no-such-test', /^test\/counter.test.ts ran no test of that name$/],
    ['no-such-file', /^test\/other.test.ts ran no test of that name$/],
    ['unparsable', /^did not load: /],
    ['misspelt', /^broken, not wrong: ReferenceError: count is not defined/],
  ])('%s', async (name, verdict) => {
    const { judgements } = await judged
    expect(judgements[[...bugs.keys()].indexOf(name)]!.verdict).toMatch(verdict)
  })

  it('a test that is not there, also alone', async () => {
    expect((await judge(bugs.get('no-such-file')!, limit)).verdict).toMatch(/no test files found/i)
  })

  it('which test was red, and how', async () => {
    const red = async (name: string) => (await judge(bugs.get(name)!, limit)).red
    expect(await red('hangs')).toMatchObject({ name: 'a counter tells later', blocked: true })
    const message = `Error: Test timed out in ${limit}ms.`
    const failures = [{ error: expect.stringContaining(message) as string }]
    expect(await red('times-out')).toMatchObject({ failures })
    // The test is red at once, and what hangs behind it is not waited for.
    expect(await red('hangs-behind')).toMatchObject({ failures: [{ error: expect.stringMatching(/^Assertion/) as string }] })
  })

  it('when to stop', async () => {
    const stopped = judge(bugs.get('hangs')!, 60_000, AbortSignal.timeout(1_000))
    await expect(stopped).rejects.toThrow(/timeout/)
  })

  it('and what the tests are without the bugs', async () => {
    const { without } = await judged
    const verdict = (name: string) => judgeWithout(bugs.get(name)!, without)
    expect(verdict('killed')).toBe('green')
    expect(verdict('times-out')).toBe('green')
    expect(verdict('red-anyway')).toMatch(/^AssertionError: expected 1 to be 'red'/)
    expect(verdict('no-such-test')).toBe('test/counter.test.ts ran no test of that name')
    expect(verdict('no-such-file')).toBe('test/other.test.ts ran no test of that name')
  })
})

it('a trial may have a limit of its own', async () => {
  const { patch, killedBy } = bugs.get('times-out')!
  const { outcomes } = await inCopies(counter, 1, ([copy = '']) => {
    apply(patch, copy)
    return runTrial({ folder: copy, tests: [killedBy], limit: 300 }, { limit: 60_000 })
  })
  expect(outcomes.map(({ failures }) => failures[0]!.error)).toEqual([expect.stringContaining('timed out in 300ms')])
})

it('nothing is left of the copies', () => {
  const place = fileURLToPath(new URL('../../../.trials', import.meta.url))
  expect(readdirSync(place).filter((name) => name.startsWith('counter-'))).toEqual([])
})

it('what two threads tell at the same time is kept apart, however long it is', () => {
  const telling = (file: string) => ({ kind: 'trouble', file, message: 'é\n\u001e😀'.repeat(500) }) as const
  const [one, two] = ['a', 'b'].map((file, thread) => linesOf(telling(file), thread))
  expect(Math.max(...one!.map((line) => Buffer.byteLength(line)))).toBeLessThan(512)
  const read = tellingReader()
  const mixed = one!.flatMap((line, i) => `${line}printed by a test${two![i]}`.split('\n'))
  expect(mixed.flatMap((line) => read(line) ?? [])).toEqual([telling('a'), telling('b')])
})

it('a patch has a story and a test', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rpc-steps-bugs-'))
  mkdirSync(join(folder, 'bugs'))
  const read = (...header: string[]) => {
    writeFileSync(join(folder, 'bugs', 'a.patch'), [...header, '--- a/x', '+++ b/x', ''].join('\n'))
    return bugsOf(folder)
  }
  const killedBy = '# killed by: test/a.test.ts > group > name'
  expect(read('# Once upon', '# a time.', '#', killedBy, '')).toMatchObject([
    { name: 'a', story: 'Once upon\na time.', killedBy: { file: 'test/a.test.ts', name: 'group name' } },
  ])
  for (const header of [[], [killedBy], ['# Once upon a time.'], ['# Once.', '# killed by: test/a.test.ts']]) {
    expect(() => read(...header)).toThrow('must begin with its story')
  }
  rmSync(folder, { recursive: true })
})
