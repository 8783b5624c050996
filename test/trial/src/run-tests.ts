import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { isDecided, tellingReader } from './telling.ts'
import type { Outcome, Telling } from './telling.ts'
import { limitsOf, trialOf } from './trial.ts'
import type { Trial } from './trial.ts'

/** How the tests of a trial ended. `trouble` is what kept tests from being run at all. */
export interface Run {
  outcomes: Outcome[]
  trouble: string[]
}

export interface RunOptions {
  /** Milliseconds that a test may take. */
  limit: number
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

/** Milliseconds that a trial has to clean up when more follow it. */
const cleanUp = 3_000

/** A trial while it goes on. */
interface Running extends Trial, Run {
  /** Of its files, those of which nothing more comes. */
  over: Set<string>
  /** Nothing that comes is of interest any more. */
  ended: boolean
}

/** Runs the tests of one trial. */
export async function runTrial(trial: Trial, options: RunOptions): Promise<Run> {
  const [run] = await runTrials([trial], options)
  return run!
}

/**
 * Runs the tests of some trials, copies of packages that are configured alike, and tells of each how it
 * ended. To start vitest for each of them takes longer than most have to do; so it is started once, and
 * anew for the rest when a trial hangs in a way that only SIGKILL ends.
 *
 * @throws the reason of `signal`
 */
export async function runTrials(trials: readonly Trial[], options: RunOptions): Promise<Run[]> {
  const all = trials.map((trial): Running => ({ ...trial, outcomes: [], trouble: [], over: new Set(), ended: false }))
  for (let open: Running[] = all; open.length > 0; open = open.filter(({ ended }) => !ended)) {
    // What was begun is begun anew.
    for (const trial of open) Object.assign(trial, { outcomes: [], trouble: [], over: new Set() })
    await runSome(open, options)
  }
  return all.map(({ outcomes, trouble }) => ({ outcomes, trouble }))
}

/** Runs trials in one vitest, in a process group of its own, until all have ended or it must be killed. */
async function runSome(trials: readonly Running[], { limit, traces, signal }: RunOptions): Promise<void> {
  signal?.throwIfAborted()
  const [{ folder }] = trials as [Running]
  const config = join(folder, 'vitest.telling.config.ts')
  writeFileSync(config, configText(trials, limit))
  const env = { ...process.env }
  // The outer vitest says in these who it is.
  for (const name of Object.keys(env)) if (name.startsWith('VITEST')) delete env[name]
  env['TRIALS'] = JSON.stringify(trials.map(({ folder, tests, untilRed, limit }) => ({ folder, tests, untilRed, limit })))
  if (traces !== undefined) env['TRIAL_TRACES'] = traces

  const child = spawn(process.execPath, [vitest, 'run', '--config', config], {
    cwd: folder,
    env,
    // Nothing is said to it: when the pipe closes, we are gone.
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: !isWindows,
  })
  let killed = false
  const kill = () => {
    killed = true
    try {
      if (isWindows) child.kill('SIGKILL')
      else process.kill(-child.pid!, 'SIGKILL')
    } catch {
      // They have all ended.
    }
  }
  signal?.addEventListener('abort', kill)

  const said: string[] = []
  const limits = new Map<string, NodeJS.Timeout>()
  const running = new Set<string>()
  const within = (key: string, ms: number, late: () => void) => {
    const after = (ms: number, then: () => void) => {
      clearTimeout(limits.get(key))
      limits.set(key, setTimeout(then, ms))
    }
    // We may have been busy ourselves all the while: what has come is read before it is called late.
    after(ms, () => after(100, late))
  }
  const watchStart = () => {
    clearTimeout(limits.get('start'))
    if (running.size > 0) return
    within('start', startLimit, () => {
      for (const trial of trials.filter(({ ended }) => !ended)) {
        trial.ended = true
        trial.trouble.push(`hung: no test began in ${startLimit / 1000} s`)
      }
      kill()
    })
  }
  const end = (trial: Running, outcome: Outcome) => {
    trial.outcomes.push(outcome)
    trial.ended = outcome.blocked === true || (trial.untilRed === true && isDecided(trial.tests, trial.outcomes))
    if (!trial.ended) return
    if (outcome.blocked || trials.every(({ ended }) => ended)) kill()
    else within(trial.folder, cleanUp, kill)
  }
  const hear = (telling: Telling) => {
    const trial = trialOf(trials, telling.file)
    if (!trial || killed) return
    if (telling.kind === 'over') {
      trial.over.add(telling.file)
      clearTimeout(limits.get(trial.folder))
      trial.ended ||= trial.over.size === new Set(trial.tests.map(({ file }) => file)).size
      return
    }
    if (telling.kind === 'trouble') return void (trial.ended || trial.trouble.push(telling.message))
    const { kind, ...about } = telling
    const key = `${about.file} ${about.name}`
    clearTimeout(limits.get(key))
    if (kind === 'began') {
      running.add(key)
      within(key, (trial.limit ?? limit) + grace, () => {
        if (trial.ended) kill()
        else end(trial, { ...about, passed: false, failures: [], blocked: true })
      })
    } else if (running.delete(key) && !trial.ended) {
      end(trial, about as Outcome)
    }
    watchStart()
  }
  watchStart()
  const read = tellingReader()
  createInterface(child.stderr).on('line', (line) => {
    const telling = read(line)
    if (telling) hear(telling)
    else if (!line.startsWith('\x1e')) said.push(line)
  })
  let code: number | null
  let byItself: boolean
  try {
    ;[code] = (await once(child, 'close')) as [number | null]
    byItself = !killed
  } finally {
    kill()
    signal?.removeEventListener('abort', kill)
    for (const timer of limits.values()) clearTimeout(timer)
  }
  signal?.throwIfAborted()
  if (!byItself) return
  const why = `vitest failed: ${said.join('\n').trim()}`
  // Whoever was in the middle of a test has taken the others down.
  const guilty = trials.filter((trial) => [...running].some((key) => trialOf(trials, key) === trial))
  for (const trial of guilty) trial.trouble.push(why)
  const silent = code !== 0 && trials.every(({ outcomes, trouble }) => outcomes.length + trouble.length === 0)
  if (silent) for (const trial of trials) trial.trouble.push(why)
  for (const trial of guilty.length > 0 ? guilty : trials) trial.ended = true
}

/** The packages' own configuration, but for what is asked here. */
function configText(trials: readonly Trial[], limit: number): string {
  const files = trials.flatMap(({ folder, tests }) => tests.map(({ file }) => `${basename(folder)}/${file}`))
  const test = {
    include: [...new Set(files)],
    runner,
    // A thread of its own starts sooner than a process, and ends as surely.
    pool: 'threads',
    maxWorkers: 2,
    includeTaskLocation: true,
    ...limitsOf(limit),
  }
  const root = dirname(trials[0]!.folder)
  return `import { mergeConfig } from 'vitest/config'
import own from './vitest.config.ts'

// Whoever has started this was killed, and what hangs here would hang for ever.
process.stdin.on('close', () => process.kill(${isWindows ? '' : '-'}process.pid, 'SIGKILL')).resume().unref()

export default mergeConfig(own, ${JSON.stringify({ root, test })})
`
}
