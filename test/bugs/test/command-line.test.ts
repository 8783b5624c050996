import { basename } from 'node:path'
import { run, runInTurn } from '@rpc-steps/cli/processes'
import { describe, expect, it } from 'vitest'
import { bugsOf } from '../src/bug.ts'
import { changeOf } from '../src/explain.ts'
import { withBugs } from '../src/packages.ts'

const main = new URL('../main.ts', import.meta.url)
const { title, folder } = withBugs.at(-1)!
const [step = ''] = basename(folder).split('-')
const [bug] = bugsOf(folder)

describe.concurrent('npm run bug', () => {
  it('lists all, or those of a step', async () => {
    const [all, some, named] = await Promise.all([
      run(main),
      run(main, [String(Number(step))]),
      run(main, [basename(folder)]),
    ])
    const lines = (text: string) => text.split('\n').filter((line) => /^ {2}\d+ /.test(line))
    const names = withBugs.flatMap(({ folder }) => bugsOf(folder).map(({ name }) => name))
    expect(lines(all.stdout).map((line) => line.trim().split(' ')[1])).toEqual(names)
    expect(some.stdout).toContain(`${title}\n  1 ${bug!.name}\n`)
    expect(lines(some.stdout)).toHaveLength(bugsOf(folder).length)
    expect(named.stdout).toBe(some.stdout)
    expect([all.code, some.code, named.code]).toEqual([0, 0, 0])
  })

  it('shows only the change, and a place in the list will do as a name', async () => {
    const { code, stdout } = await run(main, [step, '1', '--change'])
    expect([code, stdout]).toEqual([0, `${changeOf(bug!)}\n`])
  })

  it('tries one, and explains it', async () => {
    const { code, stdout, stderr } = await run(main, [step, bug!.name])
    expect(stderr).toBe('')
    expect(stdout).toContain(changeOf(bug!))
    expect(stdout).toContain(bug!.killedBy.name)
    expect(stdout).toMatch(/^(Red, as it should be|It hangs: that is the fault)\./m)
    expect(stdout).toContain(bug!.story.split('\n')[0])
    expect(code).toBe(0)
  })

  it('refuses in one line what it does not understand', async () => {
    const wrong: [args: string[], line: RegExp][] = [
      [['99'], /^"99" has no wrong versions; session, wire, 01-blocking-sockets, .* have; /],
      [[step, 'nope'], /has no "nope", but /],
      [[step, '0'], /has no "0", but /],
      [[step, '1', '2'], /one wrong version at a time/],
      [[step, '1', '--limit', '0'], /--limit must be a whole number from 1 to 600/],
    ]
    const ran = await runInTurn(wrong.map(([args]) => ({ file: main.href, args })))
    for (const [i, { code, stdout, stderr }] of ran.entries()) {
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(wrong[i]![1])
      expect(stderr).toMatch(/^[^\n]+\n$/)
    }
  })
})
