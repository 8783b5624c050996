import { existsSync, readdirSync } from 'node:fs'
import { join, posix } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runInTurn } from '@rpc-steps/cli/processes'
import type { Ran } from '@rpc-steps/cli/processes'
import { runsHere, steps } from '@rpc-steps/course/steps'
import { beforeAll, describe, expect, test } from 'vitest'
import { root, textOf } from '../source.ts'
import { commands } from '../words/recorded.ts'

/*
 * Whoever types --help wants to read and not to wait, and whoever mistypes an option must be told.
 * So says every program that somebody can start, and none is named here.
 */

const packages = [
  '.',
  'docs',
  ...['shared', 'steps', 'test'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => `${group}/${name}`),
  ),
].filter((folder) => existsSync(join(root, folder, 'package.json')))

/** Tools of others, which have command lines of their own. */
const tools = /^(node .*\/turbo |vitest |tsc |eslint |typedoc )/

/** The program of ours that a script starts, with all that is typed behind `--`; or undefined. */
function startedBy(script: string): string | undefined {
  return /^node --import tsx (\S+\.ts)$/.exec(script)?.[1]
}

function scriptsOf(folder: string): [name: string, script: string][] {
  const { scripts = {} } = JSON.parse(textOf(posix.join(folder, 'package.json'))) as {
    scripts?: Record<string, string>
  }
  return Object.entries(scripts)
}

const started = packages.flatMap((folder) =>
  scriptsOf(folder).flatMap(([, script]) => {
    const file = startedBy(script)
    return file === undefined ? [] : [posix.join(folder, file)]
  }),
)
/**
 * What lies beside a package.json is there to be run, but for what configures a tool, what a step
 * says of itself, its client in the benchmark, and what of it is played in every order.
 */
const beside = packages.flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => /\.ts$/.test(name) && !/^vitest\.|^(?:step|bench|orders)\.ts$|\.d\.ts$/.test(name))
    .map((name) => posix.join(folder, name)),
)
const recorded = Object.values(commands).flatMap((command) => /^npx tsx (\S+)/.exec(command)?.[1] ?? [])
const programs = [...new Set([...started, ...beside, ...recorded])].sort()

const foreign = steps.filter((step) => !runsHere(step)).map(({ folder }) => `steps/${folder}/`)
const here = programs.filter((file) => !foreign.some((folder) => file.startsWith(folder)))

test('every script is a program of ours or a tool of others', () => {
  const unknown = packages.flatMap((folder) =>
    scriptsOf(folder).filter(([, script]) => startedBy(script) === undefined && !tools.test(script)),
  )
  expect(unknown).toEqual([])
  expect(started).toEqual(expect.arrayContaining(['docs/.vitepress/programs/start.ts', 'shared/cli/src/tour.ts']))
  expect(beside).toContain('steps/01-blocking-sockets/strace.ts')
  // What npm starts through npm is not told of what stands behind `--`.
  expect(startedBy('npm run trace:record -w docs')).toBe(undefined)
})

interface Told extends Ran {
  file: string
  argument: string
}

describe('every program', () => {
  const told: Told[] = []
  beforeAll(async () => {
    const tries = here.flatMap((file) => ['--help', '--wibble'].map((argument) => ({ file, argument })))
    const programs = tries.map(({ file, argument }) => ({ file: pathToFileURL(join(root, file)).href, args: [argument] }))
    const ran = await runInTurn(programs)
    told.push(...tries.map((one, i) => ({ ...one, ...ran[i]! })))
  })
  const of = (file: string, argument: string) =>
    told.find((one) => one.file === file && one.argument === argument)!

  test.each(here)('%s: --help is help and nothing else', (file) => {
    const { code, stdout, stderr, left } = of(file, '--help')
    expect({ code, stderr, left }).toEqual({ code: 0, stderr: '', left: [] })
    expect(stdout).toMatch(/^usage: \S[^]*\n {2}--help +says this\n$/)
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThan(110)
  })

  test.each(here)('%s: an unknown option is an error in one line', (file) => {
    const { code, stdout, stderr, left } = of(file, '--wibble')
    expect({ code, stdout, left }).toEqual({ code: 1, stdout: '', left: [] })
    expect(stderr).toBe("Unknown option '--wibble'; --help says more\n")
  })
})
