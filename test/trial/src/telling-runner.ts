import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { recordTo } from '@rpc-steps/trace'
import { TestRunner } from 'vitest'
import type { RunnerTask, RunnerTestCase, RunnerTestFile, RunnerTestSuite } from 'vitest'
import { lineOf } from './telling.ts'
import type { Failure, Telling, TestName } from './telling.ts'

/** Where each test is to record what happens in it. */
const traces = process.env['TRIAL_TRACES']
let recorded = 0
let endRecording = () => {}
let current: { test: RunnerTestCase; trace: string | undefined } | undefined

/**
 * Runs tests as vitest does, and tells on stderr when each begins and how it went. It tells as soon
 * as that is decided, before anything cleans up, and does not wait for the event loop: a wrong
 * version may hang in the one, and block the other.
 */
export default class TellingRunner extends TestRunner {
  constructor(...args: ConstructorParameters<typeof TestRunner>) {
    super(...args)
    // Vitest says this when all is over, and the test that waits for what never comes is over late.
    process.on('uncaughtException', tellUncaught)
    process.on('unhandledRejection', tellUncaught)
  }

  onCollected(files: RunnerTestFile[]): void {
    for (const file of files) tellTrouble('did not load', file)
  }

  override async onAfterRunSuite(suite: RunnerTestSuite): Promise<void> {
    await super.onAfterRunSuite(suite)
    tellTrouble(`${suite.name || 'the file'} failed around its tests`, suite)
  }

  override onBeforeTryTask(test: RunnerTestCase): void {
    super.onBeforeTryTask(test)
    endRecording()
    const trace = traces === undefined ? undefined : join(traces, `${process.pid}-${++recorded}.json`)
    if (trace !== undefined) endRecording = recordTo(trace, 'the test')
    current = { test, trace }
    tell({ kind: 'began', ...placeOf(test) })
  }

  onTaskFinished(test: RunnerTestCase): void {
    const final = !test.retry && !test.fails
    if (test.result?.state === 'fail' && final) tellEnd(test)
  }

  override onAfterRunTask(test: RunnerTestCase): void {
    super.onAfterRunTask(test)
    tellEnd(test)
  }
}

function tell(telling: Telling): void {
  writeSync(2, lineOf(telling))
}

function tellEnd(test: RunnerTestCase): void {
  const passed = test.result?.state === 'pass'
  tell({ kind: 'ended', ...placeOf(test), passed, failures: passed ? [] : failuresOf(test) })
}

function tellUncaught(thrown: unknown): void {
  if (!current) return
  const { name, message, stack } = Object(thrown) as Partial<Error>
  const error = message === undefined ? String(thrown) : `${name}: ${message}`
  tell({ kind: 'ended', ...placeOf(current.test), passed: false, failures: [{ error, stack: stack ?? '', uncaught: true }] })
}

function tellTrouble(what: string, task: RunnerTask): void {
  const [failure] = failuresOf(task)
  if (failure) tell({ kind: 'trouble', message: `${what}: ${failure.error}` })
}

function failuresOf({ result }: RunnerTask): Failure[] {
  return (result?.errors ?? []).map(({ name, message, stack = '', diff, cause }) => ({
    error: `${name ?? 'Error'}: ${message}`,
    stack,
    ...(diff === undefined ? {} : { diff }),
    ...(cause?.message === undefined ? {} : { cause: `${cause.name ?? 'Error'}: ${cause.message}` }),
  }))
}

/** The name as vitest matches it with a pattern: groups and test, with blanks between them. */
function placeOf(test: RunnerTestCase): TestName & { line?: number; trace?: string } {
  const names = [test.name]
  for (let group = test.suite; group; group = group.suite) names.unshift(group.name)
  return {
    file: test.file.filepath.replaceAll('\\', '/'),
    name: names.join(' '),
    ...(test.location ? { line: test.location.line } : {}),
    ...(current?.trace === undefined ? {} : { trace: current.trace }),
  }
}
