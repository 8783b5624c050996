import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { bugsOf } from '../src/bug.ts'
import { judge, judgeWithout, runWithout } from '../src/judge.ts'

const counter = fileURLToPath(new URL('./fixtures/counter', import.meta.url))
const bugs = new Map(bugsOf(counter).map((bug) => [bug.name, bug]))

describe.concurrent('the judge knows', () => {
  it.each([
    ['killed', /^killed$/],
    ['times-out', /^killed$/],
    ['survives', /^survived$/],
    ['does-not-apply', /^does not apply: error: patch failed: src\/counter.ts/],
    ['no-such-test', /^test\/counter.test.ts ran no test of that name$/],
    ['no-such-file', /no test/i],
    ['unparsable', /^did not load: /],
    ['misspelt', /^broken, not wrong: ReferenceError: count is not defined/],
  ])('%s', async (name, verdict) => {
    expect(await judge(bugs.get(name)!)).toMatch(verdict)
  })

  it('hangs', async () => {
    expect(await judge(bugs.get('hangs')!, 8_000)).toBe('hung: killed after 8000 ms')
  })

  it('and what the tests are without the bugs', async () => {
    const run = await runWithout([...bugs.values()].filter(({ name }) => name !== 'no-such-file'))
    const verdict = (name: string) => judgeWithout(bugs.get(name)!, run)
    expect(verdict('killed')).toBe('green')
    expect(verdict('times-out')).toBe('green')
    expect(verdict('red-anyway')).toMatch(/^AssertionError: expected 1 to be 'red'/)
    expect(verdict('no-such-test')).toBe('test/counter.test.ts ran no test of that name')
    expect(verdict('no-such-file')).toBe('test/other.test.ts ran no test of that name')
  })
})

it('nothing is left of the copies', () => {
  const place = fileURLToPath(new URL('../../../.bugs', import.meta.url))
  expect(readdirSync(place).filter((name) => name.startsWith('counter-'))).toEqual([])
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
