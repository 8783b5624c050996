import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { recordTo } from '@rpc-steps/trace'
import { TestRunner } from 'vitest'
import type { RunnerTask, RunnerTestCase, RunnerTestFile, RunnerTestSuite } from 'vitest'
import { isDecided, linesOf } from './telling.ts'
import type { Failure, Outcome, Telling, TestName } from './telling.ts'
import { limitsOf, namePattern, trialOf } from './trial.ts'
import type { Trial } from './trial.ts'

const trials = JSON.parse(process.env['TRIALS'] ?? '[]') as Trial[]

/** Where each test is to record what happens in it. */
const traces = process.env['TRIAL_TRACES']
let recorded = 0
let endRecording = () => {}
/** The tests that are under way: how one ended is told once, for what a thousand errors say would fill the pipe. */
const untold = new Set<RunnerTestCase>()
let current: { test: RunnerTestCase; trace: string | undefined } | undefined

/**
 * Runs the tests of a trial as vitest does, and tells on stderr when each begins and how it went. It
 * tells as soon as that is decided, before anything cleans up, and does not wait for the event loop:
 * a wrong version may hang in the one, and block the other.
 */
export default class TellingRunner extends TestRunner {
  #trial: Trial | undefined
  readonly #outcomes: Outcome[] = []
  #isDecided = false

  constructor(...args: ConstructorParameters<typeof TestRunner>) {
    super(...args)
    // Vitest says this when all is over, and the test that waits for what never comes is over late.
    process.on('uncaughtException', tellUncaught)
    process.on('unhandledRejection', tellUncaught)
  }

  onBeforeCollect([path = '']: string[]): void {
    this.#trial = trialOf(trials, path)
    if (!this.#trial) return
    const { tests, limit } = this.#trial
    this.config.testNamePattern = namePattern(tests)
    if (limit !== undefined) Object.assign(this.config, limitsOf(limit))
  }

  onCollected(files: RunnerTestFile[]): void {
    for (const file of files) tellTrouble('did not load', file)
  }

  override onAfterRunFiles(files: RunnerTestFile[] = []): void {
    super.onAfterRunFiles()
    for (const file of files) tell({ kind: 'over', file: pathOf(file) })
  }

  override async onBeforeRunSuite(suite: RunnerTestSuite): Promise<void> {
    if (this.#isDecided) suite.mode = 'skip'
    await super.onBeforeRunSuite(suite)
  }

  override async onBeforeRunTask(test: RunnerTestCase): Promise<void> {
    if (this.#isDecided) test.mode = 'skip'
    await super.onBeforeRunTask(test)
  }

  override async onAfterRunSuite(suite: RunnerTestSuite): Promise<void> {
    await super.onAfterRunSuite(suite)
    tellTrouble(`${suite.name || 'the file'} failed around its tests`, suite)
  }

  override onBeforeTryTask(test: RunnerTestCase): void {
    super.onBeforeTryTask(test)
    endRecording()
    const trace = traces === undefined ? undefined : join(traces, `${process.pid}-${threadId}-${++recorded}.json`)
    if (trace !== undefined) endRecording = recordTo(trace, 'the test')
    current = { test, trace }
    untold.add(test)
    tell({ kind: 'began', ...placeOf(test) })
  }

  onTaskFinished(test: RunnerTestCase): void {
    const final = !test.retry && !test.fails
    if (test.result?.state === 'fail' && final) this.#end(test)
  }

  override onAfterRunTask(test: RunnerTestCase): void {
    super.onAfterRunTask(test)
    this.#end(test)
  }

  #end(test: RunnerTestCase): void {
    if (!untold.delete(test)) return
    const passed = test.result?.state === 'pass'
    const outcome: Outcome = { ...placeOf(test), passed, failures: passed ? [] : failuresOf(test) }
    tell({ kind: 'ended', ...outcome })
    this.#outcomes.push(outcome)
    // What cleans up is still run: it stops the programs that the test has started.
    if (this.#trial?.untilRed) this.#isDecided = isDecided(this.#trial.tests, this.#outcomes)
  }
}

function tell(telling: Telling): void {
  for (const line of linesOf(telling, threadId)) while (!wrote(line)) Atomics.wait(nothing, 0, 0, 10)
}

const nothing = new Int32Array(new SharedArrayBuffer(4))

/** False when the pipe has no room for it: Node does not let it block. */
function wrote(line: string): boolean {
  try {
    return writeSync(2, line) > 0
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return false
    throw error
  }
}

function tellUncaught(thrown: unknown): void {
  if (!current || !untold.delete(current.test)) return
  const { name, message, stack } = Object(thrown) as Partial<Error>
  const error = message === undefined ? String(thrown) : `${name}: ${message}`
  tell({ kind: 'ended', ...placeOf(current.test), passed: false, failures: [{ error, stack: stack ?? '', uncaught: true }] })
}

function tellTrouble(what: string, task: RunnerTask): void {
  const [failure] = failuresOf(task)
  if (failure) tell({ kind: 'trouble', file: pathOf(task.file), message: `${what}: ${failure.error}` })
}

function failuresOf({ result }: RunnerTask): Failure[] {
  return (result?.errors ?? []).map(({ name, message, stack = '', diff, cause }) => ({
    error: `${name ?? 'Error'}: ${message}`,
    stack,
    ...(diff === undefined ? {} : { diff }),
    ...(cause?.message === undefined ? {} : { cause: `${cause.name ?? 'Error'}: ${cause.message}` }),
  }))
}

function pathOf({ filepath }: RunnerTestFile): string {
  return filepath.replaceAll('\\', '/')
}

/** The name as vitest matches it with a pattern: groups and test, with blanks between them. */
function placeOf(test: RunnerTestCase): TestName & { line?: number; trace?: string } {
  const names = [test.name]
  for (let group = test.suite; group; group = group.suite) names.unshift(group.name)
  return {
    file: pathOf(test.file),
    name: names.join(' '),
    ...(test.location ? { line: test.location.line } : {}),
    ...(current?.trace === undefined ? {} : { trace: current.trace }),
  }
}
