import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { readLine } from './telling.ts'
import type { Outcome, Telling, TestName } from './telling.ts'

/** How a run of tests ended. `trouble` is what kept tests from being run at all. */
export interface Run {
  outcomes: Outcome[]
  trouble: string[]
}

export interface RunOptions {
  /** Milliseconds that a test may take. */
  limit: number
  /** Whether so much is enough, and the rest need not be run. */
  enough?: (outcomes: readonly Outcome[]) => boolean
  /** An empty folder, in which each test records what happens in it. */
  traces?: string | undefined
  /** Ends at once, and with it everything that was started. */
  signal?: AbortSignal | undefined
}

const vitest = fileURLToPath(new URL('vitest.mjs', import.meta.resolve('vitest/package.json')))
const runner = fileURLToPath(new URL('telling-runner.ts', import.meta.url))
const isWindows = process.platform === 'win32'

/** Milliseconds in which some test must begin, or vitest must end: it has to start on a busy machine. */
const startLimit = 60_000
/** Milliseconds that vitest has to end a test by itself, which it cannot when the thread is blocked. */
const grace = 3_000

/**
 * Runs some tests of a package, in a process group of its own: a wrong version may hang in a way
 * that only SIGKILL ends.
 *
 * @throws the reason of `signal`
 */
export async function runTests(
  folder: string,
  tests: readonly TestName[],
  { limit, enough = () => false, traces, signal }: RunOptions,
): Promise<Run> {
  signal?.throwIfAborted()
  const config = join(folder, 'vitest.telling.config.ts')
  writeFileSync(config, configText(tests, limit))
  const files = [...new Set(tests.map(({ file }) => file))]
  const env = { ...process.env }
  // The outer vitest says in these who it is.
  for (const name of Object.keys(env)) if (name.startsWith('VITEST')) delete env[name]
  if (traces !== undefined) env['TRIAL_TRACES'] = traces

  const child = spawn(process.execPath, [vitest, 'run', ...files, '--config', config], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: !isWindows,
  })
  const kill = () => {
    try {
      if (isWindows) child.kill('SIGKILL')
      else process.kill(-child.pid!, 'SIGKILL')
    } catch {
      // They have all ended.
    }
  }
  signal?.addEventListener('abort', kill)

  const run: Run = { outcomes: [], trouble: [] }
  const said: string[] = []
  const running = new Map<string, NodeJS.Timeout>()
  let idle: NodeJS.Timeout | undefined
  const watchStart = () => {
    clearTimeout(idle)
    if (running.size > 0) return
    idle = setTimeout(() => {
      run.trouble.push(`hung: no test began in ${startLimit / 1000} s`)
      kill()
    }, startLimit)
  }
  const end = (outcome: Outcome) => {
    run.outcomes.push(outcome)
    if (enough(run.outcomes)) kill()
  }
  const hear = (telling: Telling) => {
    if (telling.kind === 'trouble') return void run.trouble.push(telling.message)
    const { kind, ...about } = telling
    const key = `${about.file} ${about.name}`
    clearTimeout(running.get(key))
    if (kind === 'began') {
      const blocked = () => {
        end({ ...about, passed: false, failures: [], blocked: true })
        kill()
      }
      running.set(key, setTimeout(blocked, limit + grace))
    } else if (running.delete(key)) {
      end(about as Outcome)
    }
    watchStart()
  }
  watchStart()
  createInterface(child.stderr).on('line', (line) => {
    const telling = readLine(line)
    if (telling) hear(telling)
    else said.push(line)
  })
  let code: number | null
  try {
    ;[code] = (await once(child, 'close')) as [number | null]
  } finally {
    kill()
    signal?.removeEventListener('abort', kill)
    for (const timer of [idle, ...running.values()]) clearTimeout(timer)
  }
  signal?.throwIfAborted()
  if (code !== 0 && run.outcomes.length === 0 && run.trouble.length === 0) {
    run.trouble.push(`vitest failed: ${said.join('\n').trim()}`)
  }
  return run
}

/** The package's own configuration, but for what is asked here. */
function configText(tests: readonly TestName[], limit: number): string {
  const test = {
    runner,
    testNamePattern: tests.map(({ name }) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'),
    testTimeout: limit,
    hookTimeout: limit,
    includeTaskLocation: true,
    // What is polled says what it has seen so far; a test that runs out of time says nothing.
    expect: { poll: { timeout: limit * 0.75 } },
  }
  return `import { mergeConfig } from 'vitest/config'
import own from './vitest.config.ts'

export default mergeConfig(own, ${JSON.stringify({ test })})
`
}
