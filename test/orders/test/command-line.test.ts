import { run, runInTurn } from '@rpc-steps/cli/processes'
import { describe, expect, it } from 'vitest'
import { subjects } from '../src/subject.ts'

const main = new URL('../main.ts', import.meta.url)
const step = subjects[0]!
const small = ['--deviations', '1', '--random', '5']

describe.concurrent('npm run orders', () => {
  it('plays a step, and says of each scenario how far', async () => {
    const { code, stdout, stderr } = await run(main, [step.number, ...small])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^ {2}\d+ orders \(all with up to 1 deviation; 5 by chance, seed 1\), [\d.]+ s, \d+ a second: all held$/m)
    // What is played again without a wrong version is right.
    const again = await run(main, [step.folder, '--replay', '1:01'])
    expect([again.code, again.stdout]).toEqual([0, expect.stringMatching(/\nAll of it is right\.\n$/)])
  })

  it('shows a wrong version, and how to play that again', async () => {
    const bug = 'awaits-handler'
    const { code, stdout } = await run(main, ['4', '--bug', bug])
    const again = /^Again: npm run orders -- (.*)$/m.exec(stdout)![1]!.split(' ')
    expect([code, again.slice(0, 3)]).toEqual([0, ['04', '--bug', bug]])
    const replayed = await run(main, again)
    expect(replayed.code).toBe(0)
    expect(stdout).toContain(replayed.stdout.trimEnd())
  })

  it('says so when a wrong version is right in all of these orders', async () => {
    const { code, stdout } = await run(main, ['04', '--bug', 'then-is-a-method', ...small])
    expect(code).toBe(1)
    expect(stdout).toMatch(/: all held\nThis wrong version does not show/)
  })

  it('says in one line what is wrong with the command', async () => {
    const wrong: [args: string[], message: string][] = [
      [[], 'name one step'],
      [['04', '07'], 'name one step'],
      [['99'], '"99" has no orders.ts; '],
      [[step.number, '--bug', 'no-such'], `${step.folder} has no "no-such", but `],
      [[step.number, '--replay', 'nonsense'], '--replay must be an order like 1-b:0201'],
    ]
    const ran = await runInTurn(wrong.map(([args]) => ({ file: main.href, args })))
    for (const [i, { code, stdout, stderr }] of ran.entries()) {
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(wrong[i]![1])])
    }
  })
})
