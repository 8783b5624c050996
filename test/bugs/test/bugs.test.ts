import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { bugsOf } from '../src/bug.ts'
import { judge, judgeWithout, runWithout } from '../src/judge.ts'

const packages = ['shared', 'steps'].flatMap((group) => {
  const folder = fileURLToPath(new URL(`../../../${group}`, import.meta.url))
  return readdirSync(folder).map((name) => ({ title: `${group}/${name}`, folder: join(folder, name) }))
})
const withBugs = packages.filter(({ folder }) => existsSync(join(folder, 'bugs')))

describe.concurrent.each(withBugs)('$title', ({ folder }) => {
  const bugs = bugsOf(folder)
  let without: ReturnType<typeof runWithout> | undefined

  it('has bugs to show', () => {
    expect(bugs).not.toEqual([])
  })

  it.each(bugs.map((bug) => [bug.name, bug] as const))('%s', async (_, bug) => {
    expect(judgeWithout(bug, await (without ??= runWithout(bugs))), 'its test without the bug').toBe('green')
    expect(await judge(bug), 'its test with the bug').toBe('killed')
  })
})

it('each step shows bugs', () => {
  const steps = packages.filter(({ title }) => title.startsWith('steps/'))
  expect(withBugs).toEqual(expect.arrayContaining(steps))
})
