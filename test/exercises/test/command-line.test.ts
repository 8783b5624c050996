import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { start } from '@rpc-steps/cli/processes'
import { afterAll, describe, expect, it } from 'vitest'
import { allExercises, root } from '../src/exercise.ts'
import { bodyIn, withBody } from '../src/hole.ts'

const main = new URL('../main.ts', import.meta.url)
const workplace = mkdtempSync(join(root, '.trials-'))
afterAll(() => rmSync(workplace, { recursive: true, force: true, maxRetries: 5 }))

const exercise = allExercises().find(({ id }) => id === '03-dispatch')!
const [{ file, name } = { file: '', name: '' }] = exercise.holes
const path = join(workplace, exercise.id, file)
const ours = bodyIn(readFileSync(join(exercise.folder, file), 'utf8'), name)
const write = (body: string) => writeFileSync(path, withBody(readFileSync(path, 'utf8'), name, body))

const begin = (...args: string[]) => start(main, args, { cwd: root, env: { ...process.env, EXERCISES: basename(workplace) } })
async function exerciseWith(...args: string[]) {
  const program = begin(...args)
  program.process.stdin!.end()
  const { code } = await program.exited
  return { code, stdout: program.stdout(), stderr: program.stderr() }
}

describe.sequential('npm run exercise', () => {
  it('lists them all, or those of a step', async () => {
    const [all, some] = await Promise.all([exerciseWith(), exerciseWith('3')])
    const lines = all.stdout.split('\n')
    for (const { name, title } of allExercises()) {
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^ {8}${name} +\\d+ min +`)))
      expect(all.stdout).toContain(`  ${title}\n`)
    }
    expect(some.stdout).toMatch(/^03-event-loop\n/)
    expect(some.stdout.match(/^\d\d-/gm)).toEqual(['03-'])
    expect([all.code, some.code]).toEqual([0, 0])
  })

  it('makes a copy, and says which file to open', async () => {
    const { code, stdout } = await exerciseWith('03', 'dispatch')
    expect(stdout).toContain(exercise.text)
    expect(stdout).toMatch(/^Open {5}\.trials-.*\/03-dispatch\/src\/loop\.ts$/m)
    expect(bodyIn(readFileSync(path, 'utf8'), name)).toContain('is not written yet')
    expect(code).toBe(0)
  })

  it('tells the first thing that is wrong, as a story', async () => {
    const { code, stdout } = await exerciseWith('check')
    expect(stdout).toMatch(/^Not yet\. 0 of 5 are right; the first that is not:\n\nWhat was done\n {2}\S/)
    expect(stdout).toMatch(/\n\nWhat was expected\n {2}.*\n\nWhat came\n {2}Error: .* is not written yet\n\n/)
    expect(stdout).toMatch(/\n\nThe line of the test\n {2}\S*\/03-dispatch\/test\/loop\.test\.ts:\d+\n {4}\S/)
    expect(stdout).toMatch(/\n\nThe line of yours\n {2}\S*\/03-dispatch\/src\/loop\.ts:\d+\n {4}throw new/)
    expect(stdout).toMatch(/\n\nWhere to read\n {2}".*", docs\/\S+\.md:\d+\n/)
    expect(code).toBe(1)
  })

  it('ends what hangs, and says so', async () => {
    write('for (;;) {}')
    const began = performance.now()
    const { code, stdout } = await exerciseWith('check', '--limit', '1')
    expect(stdout).toContain('Nothing, in 1 s; it never let go of the thread, and was killed.')
    expect(code).toBe(1)
    expect(performance.now() - began).toBeLessThan(60_000)
  })

  it('says where what is no TypeScript cannot be read', async () => {
    write('for (')
    const { code, stdout } = await exerciseWith('check')
    expect(stdout).toMatch(/^It could not be tried\.\n\n {2}did not load: [^]*src\/loop\.ts/)
    expect(code).toBe(1)
  })

  it('shows one hint more each time, and how ours differs', async () => {
    const hints = []
    for (let i = 0; i < 4; i++) hints.push((await exerciseWith('03', 'dispatch', 'hint')).stdout)
    expect(hints.map((text) => text.match(/^\d\. /gm)?.length)).toEqual([1, 2, 3, 3])
    const { stdout } = await exerciseWith('solution')
    expect(stdout).toMatch(/^-.*for \(\n/m)
    for (const line of ours.split('\n')) expect(stdout).toContain(line)
  })

  it('throws nothing away without being told to', async () => {
    const [again, refused] = [await exerciseWith('03', 'dispatch'), await exerciseWith('reset')]
    expect(again.stdout).toMatch(/^You have begun this one already/)
    expect(refused.stderr).toMatch(/what you wrote would be lost: say --yes/)
    expect(refused.code).toBe(1)
    expect(readFileSync(path, 'utf8')).toContain('for (\n')
    expect((await exerciseWith('reset', '--yes')).code).toBe(0)
    expect(bodyIn(readFileSync(path, 'utf8'), name)).toContain('is not written yet')
  })

  it('checks again on every save, until it is stopped, and remembers what was right', async () => {
    const program = begin('03', 'dispatch', 'check', '--watch')
    await program.printed(/is not written yet[^]*Save .* to check again/, 60_000)
    write(ours)
    await program.printed(/Right: all 5 tests that judge it pass\.[^]*Save .* to check again/, 60_000)
    expect((await program.stop('SIGTERM')).signal).toBeNull()
    expect((await exerciseWith()).stdout).toMatch(/^ {2}done {2}dispatch /m)
    expect((await exerciseWith('solution')).stdout).toBe('src/loop.ts: yours is ours, to the letter.\n')
  })

})

describe.concurrent('npm run exercise', () => {
  it.each([
    [['99'], /^"99" has no exercises; 01, 02, .* have; /],
    [['03', 'nope'], /^03-event-loop has no exercise "nope", but interest, dispatch, /],
    [['03', 'dispatch', 'now'], /^not understood: "now"; /],
    [['check', 'now'], /^not understood: "now"; /],
    [['03', 'hint'], /^say which exercise of 03: interest, /],
    [['03', 'timers', 'check'], /^you have not begun it: npm run exercise -- 03 timers does; /],
    [['report', '3'], /^not understood: "3"; the step is --step 3; /],
    [['report', '--step', '99'], /^"99" has no exercises; /],
    [['report', '--from', 'nowhere'], /^--from: there is no folder .*nowhere; /],
    [['check', '--limit', '0'], /--limit must be a whole number from 1 to 600/],
  ])('%j is refused in one line', async (args, line) => {
    const { code, stdout, stderr } = await exerciseWith(...args)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(line)
    expect(stderr).toMatch(/^[^\n]+\n$/)
  })
})
