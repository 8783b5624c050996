import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { bugsOf } from '../src/bug.ts'
import { changeOf, explain } from '../src/explain.ts'
import { judge } from '../src/judge.ts'

const counter = fileURLToPath(new URL('./fixtures/counter', import.meta.url))
const bugs = new Map(bugsOf(counter).map((bug) => [bug.name, bug]))
const limit = 2_000
const told = async (name: string) => {
  const bug = bugs.get(name)!
  return explain(bug, await judge(bug, limit), limit)
}

it('the change is shown without the story and the test', () => {
  const text = changeOf(bugs.get('killed')!)
  expect(text).toMatch(/^--- a\/src\/counter.ts\n[^]*\n- {2}#count = 0\n\+ {2}#count = 1\n/)
  expect(text).not.toMatch(/wrong end|killed by/)
})

describe.concurrent('the reader is told', () => {
  it('what a test expected, at which line, and what came', async () => {
    expect(await told('killed')).toBe(`Red, as it should be. What the test expects, and what came:

  test/counter.test.ts:7
  expect([counter.add(), counter.add()]).toEqual([1, 2])

  AssertionError: expected [ 2, 3 ] to deeply equal [ 1, 2 ]

  - Expected
  + Received

    [
  -   1,
      2,
  +   3,
    ]

The story:

  It begins at the wrong end.`)
  })

  it.each(['times-out', 'hangs'])('that it hangs, in which test, and why: %s', async (name) => {
    const text = await told(name)
    expect(text).toMatch(/^It hangs: that is the fault. No answer came in 2 s.\n\n {2}test\/counter.test.ts:10\n/)
    expect(text).toContain("\n  it('tells later', async () => {\n    const counter")
    expect(text).toMatch(/toBe\(0\)\n {2}\}\)\n\nThe story:\n\n {2}It (never tells|tells for ever)\.$/)
  })

  it.each([
    ['survives', /^Green: this test does not see the fault[^]*The story:\n\n {2}Nothing is wrong with it\.$/],
    ['does-not-apply', /^The patch does not fit[^]*src\/counter.ts/],
    ['no-such-test', /^Whether the test sees the fault is not known[^]*ran no test of that name/],
    ['misspelt', /^Whether the test sees[^]*ReferenceError: count is not defined/],
  ])('that nothing is known: %s', async (name, words) => expect(await told(name)).toMatch(words))
})
