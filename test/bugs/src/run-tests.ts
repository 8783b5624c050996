import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestName } from './bug.ts'

/** How one test ended. */
export interface Outcome extends TestName {
  passed: boolean
  /** What was thrown, each with its stack. */
  errors: string[]
}

/** How a run of tests ended. `trouble` is what kept files from being run at all. */
export interface Run {
  outcomes: Outcome[]
  trouble: string[]
}

const vitest = fileURLToPath(new URL('vitest.mjs', import.meta.resolve('vitest/package.json')))
const isWindows = process.platform === 'win32'

/**
 * Runs some tests of a package, in a process of its own: a wrong version may hang in a way that
 * only SIGKILL ends, which comes after `limit` milliseconds.
 */
export async function runTests(folder: string, tests: readonly TestName[], limit: number): Promise<Run> {
  const files = [...new Set(tests.map(({ file }) => file))]
  const pattern = tests.map(({ name }) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')
  const result = join(folder, 'vitest-result.json')
  const args = ['run', ...files, '-t', pattern, '--testTimeout=20000', '--reporter=json', `--outputFile=${result}`]
  const env = { ...process.env }
  // The outer vitest says in these who it is.
  for (const name of Object.keys(env)) if (name.startsWith('VITEST')) delete env[name]

  // A process group, so that what the tests have left behind ends with them.
  const child = spawn(process.execPath, [vitest, ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: !isWindows,
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const kill = () => {
    try {
      if (isWindows) child.kill('SIGKILL')
      else process.kill(-child.pid!, 'SIGKILL')
    } catch {
      // They have all ended.
    }
  }
  let hung = false
  const timer = setTimeout(() => {
    hung = true
    kill()
  }, limit)
  await once(child, 'exit')
  clearTimeout(timer)
  kill()
  return hung ? { outcomes: [], trouble: [`hung: killed after ${limit} ms`] } : read(result, stderr)
}

/** What we use of the file that vitest writes, which has the form of Jest's. */
interface Result {
  testResults: {
    name: string
    message: string
    status: string
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[]
  }[]
}

function read(file: string, stderr: string): Run {
  let result: Result
  try {
    result = JSON.parse(readFileSync(file, 'utf8')) as Result
  } catch {
    return { outcomes: [], trouble: [`vitest failed: ${stderr.trim()}`] }
  }
  const outcomes = result.testResults.flatMap(({ name: file, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'passed' || status === 'failed')
      .map(({ fullName: name, status, failureMessages: errors }) => ({
        file: file.replaceAll('\\', '/'),
        name,
        passed: status === 'passed',
        errors,
      })),
  )
  const unloaded = result.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  )
  return { outcomes, trouble: unloaded.map(({ message }) => `did not load: ${message}`) }
}
