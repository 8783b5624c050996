import { fileURLToPath } from 'node:url'
import { runInTurn, startServer } from '@rpc-steps/cli/processes'
import type { Program, Ran } from '@rpc-steps/cli/processes'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'

const program = (name: string, ...args: string[]) => {
  return { file: fileURLToPath(new URL(`../${name}.ts`, import.meta.url)), args }
}

/** Starts a server, and resolves with what makes clients of it. */
async function started(...args: string[]): Promise<(...calls: string[]) => Program> {
  const server = await startServer(program('server').file, args)
  onTestFinished(async () => {
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    expect(server.stderr()).toBe('')
  })
  return (...calls) => program('client', '--port', String(server.port), ...calls)
}

const three = (ms: number) => Array.from({ length: 3 }, () => ['sleep', `[${ms}]`]).flat()

test('the programs answer, refuse, and say what is wrong with their options', async () => {
  const [one, many] = await Promise.all([
    started('--learn', 'no', '--start', '1'),
    started('--learn', 'aimd', '--workers', '1', '--order', 'codel'),
  ])
  const [answered, refused, expired, ...errors] = await runInTurn([
    many('say', '{"text":"hi"}', 'hash', '["abc",1]'),
    one(...three(50)),
    many(...three(500)),
    program('server', '--start', '0'),
    program('server', '--learn', 'best'),
    program('server', '--order', 'fair'),
  ])
  expect(answered).toMatchObject({ code: 0, stderr: '' })
  expect(answered!.stdout).toMatch(/^"You said: hi"\n"ba7816bf8f01cfea/)
  // Both are told: by the limit, at once; by the order, when a worker is free after more than 100 ms.
  for (const { code, stdout, stderr } of [refused!, expired!]) {
    expect({ code, told: (stdout + stderr).match(/\(-32029\)/g)?.length }).toEqual({ code: 1, told: 2 })
  }
  expect(errors.map(({ code }) => code)).toEqual([1, 1, 1])
  for (const [i, option] of ['--start', '--learn', '--order'].entries()) {
    expect(errors[i]!.stderr).toMatch(new RegExp(`^${option} must be .*\\n$`))
  }
})

describe('what measures', () => {
  let choices: Ran, limits: Ran, steady: Ran
  beforeAll(async () => {
    const programs = [program('choices'), program('simulate', '--seconds', '6'), program('steady', '--seconds', '1')]
    ;[choices, limits, steady] = (await runInTurn(programs)) as [Ran, Ran, Ran]
  })

  test('the choices stand side by side', () => {
    expect(choices).toMatchObject({ code: 0, stderr: '' })
    for (const name of ['round robin', 'least of two', 'peak-EWMA', 'bandit']) {
      expect(choices.stdout).toMatch(new RegExp(`^${name} +(\\d+ ms \\(\\d+\\.\\d %\\) *){6}$`, 'm'))
    }
  })

  test('so do the limits, and their waiting', () => {
    expect(limits).toMatchObject({ code: 0, stderr: '' })
    const p99 = (name: string) => {
      const [, line] = new RegExp(`^${name}: p99 +[▁-█ ]{60} (.*)$`, 'm').exec(limits.stdout)!
      return [...line!.matchAll(/(\d+) ms/g)].map(([, ms]) => Number(ms))
    }
    const [none, vegas] = [p99('no limit'), p99('vegas')]
    expect(none).toHaveLength(3)
    expect(vegas[1]! * 10).toBeLessThan(none[1]!)
    expect(vegas[2]! * 10).toBeLessThan(none[2]!)
  })

  test('the real run measures each server, and ends with 1 if a promise is broken', () => {
    const { code, stdout, stderr } = steady
    expect(stderr).toBe('')
    for (const name of ['no limit', 'fixed 4', 'fixed 16', 'vegas']) {
      expect(stdout).toMatch(new RegExp(`^${name} +\\d+ calls/s +p99 +(\\d+\\.\\d|NaN) ms$`, 'm'))
    }
    // Times are judged where the machine is quiet: here it may stand still while one of the servers is measured.
    const promises = stdout.match(/^(kept|BROKEN) .* promised at (most 0\.25|least 0\.95)$/gm)
    expect(promises).toHaveLength(2)
    expect(code).toBe(promises!.every((line) => line.startsWith('kept')) ? 0 : 1)
  })
})
