import { beforeAll, describe, expect, it } from 'vitest'
import { bugsOf } from '../src/bug.ts'
import { judgeAll, judgeWithout } from '../src/judge.ts'
import { packages, withBugs } from '../src/packages.ts'

describe.concurrent.each(withBugs)('$title', ({ folder }) => {
  const bugs = bugsOf(folder)
  let judged: Awaited<ReturnType<typeof judgeAll>>
  // All of a package at once takes a fraction of the time. What hangs is waited for beside the others.
  beforeAll(async () => {
    judged = await judgeAll(bugs)
  }, 300_000)

  it('has bugs to show', () => {
    expect(bugs).not.toEqual([])
  })

  it.each(bugs.map((bug, i) => [bug.name, bug, i] as const))('%s', (_, bug, i) => {
    const { without, judgements } = judged
    expect(judgeWithout(bug, without), 'its test without the bug').toBe('green')
    expect(judgements[i]!.verdict, 'its test with the bug').toBe('killed')
  })
})

it('each step shows bugs', () => {
  const steps = packages.filter(({ title }) => title.startsWith('steps/'))
  expect(withBugs).toEqual(expect.arrayContaining(steps))
})
