import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { run } from '@rpc-steps/cli/processes'
import type { TraceEvent } from '@rpc-steps/trace'
import { expect, test } from 'vitest'
import { kernelTest, missing } from './helpers.ts'

const recorded = (name: string) => readFileSync(new URL(`../../../docs/steps/14-completion/traces/${name}`, import.meta.url), 'utf8')

async function printed(program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(new URL(`../${program}`, import.meta.url), args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

// In some containers strace is installed and not allowed to do its work.
const traces = spawnSync('strace', ['-e', 'trace=none', process.execPath, '--version']).status === 0

/** How often each server goes into the kernel for a call. */
function together(table: string): number[] {
  return /^together(.*)$/m.exec(table)![1]!.trim().split(/ +/).map(Number)
}

test.skipIf(!traces || missing !== undefined)('14-syscalls.txt: one way in is enough for many calls', async () => {
  for (const table of [await printed('syscalls.ts', '--each', '50'), recorded('14-syscalls.txt')]) {
    const [blocking, readiness, completion] = together(table)
    expect(blocking).toBeGreaterThanOrEqual(2)
    expect(readiness).toBeGreaterThanOrEqual(2)
    expect(completion).toBeLessThan(readiness! / 3)
  }
})

kernelTest('14-turn.json: a turn of step 03 goes into the kernel for each request, this one for many', async () => {
  for (const text of [await printed('one-turn.ts', '--rounds', '50'), recorded('14-turn.json')]) {
    const calls = (JSON.parse(text) as TraceEvent[]).filter(({ ph, cat }) => ph === 'B' && cat === 'kernel')
    const namesOf = (loop: number) => calls.filter(({ pid }) => pid === loop).map(({ name }) => name)
    const [readiness, completion] = [namesOf(1), namesOf(2)]
    expect(readiness.filter((name) => name === 'recv')).toHaveLength(64)
    expect(readiness.filter((name) => name === 'send')).toHaveLength(64)
    expect(new Set(completion)).toEqual(new Set(['io_uring_enter']))
    expect(completion.length).toBeLessThan(12)
  }
})

kernelTest('14-tried.txt: has all that is tried, and it works', async () => {
  const { stderr } = await run(new URL('../tried.ts', import.meta.url), ['--only', 'nothing'])
  const names = /no "nothing": (.*); --help/.exec(stderr)![1]!.split('; ')
  expect(recorded('14-tried.txt').trimEnd().split('\n').map((line) => line.split(/ {2,}/)[0])).toEqual(names)
  for (const name of names.slice(-3)) expect(await printed('tried.ts', '--only', name, '--rounds', '1', '--calls', '200')).toContain(name)
})
