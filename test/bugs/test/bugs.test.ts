import { describe, expect, it } from 'vitest'
import { bugsOf } from '../src/bug.ts'
import { judge, judgeWithout, runWithout } from '../src/judge.ts'
import { packages, withBugs } from '../src/packages.ts'

describe.concurrent.each(withBugs)('$title', ({ folder }) => {
  const bugs = bugsOf(folder)
  let without: ReturnType<typeof runWithout> | undefined

  it('has bugs to show', () => {
    expect(bugs).not.toEqual([])
  })

  it.each(bugs.map((bug) => [bug.name, bug] as const))('%s', async (_, bug) => {
    expect(judgeWithout(bug, await (without ??= runWithout(bugs))), 'its test without the bug').toBe('green')
    expect((await judge(bug)).verdict, 'its test with the bug').toBe('killed')
  })
})

it('each step shows bugs', () => {
  const steps = packages.filter(({ title }) => title.startsWith('steps/'))
  expect(withBugs).toEqual(expect.arrayContaining(steps))
})
