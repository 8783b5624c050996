import { writeSync } from 'node:fs'
import { TestRunner } from 'vitest'
import type { RunnerTask, RunnerTestCase, RunnerTestFile, RunnerTestSuite } from 'vitest'
import type { TestName } from './bug.ts'
import { lineOf } from './telling.ts'
import type { Failure, Telling } from './telling.ts'

/**
 * Runs tests as vitest does, and tells on stderr when each begins and how it went. It tells as soon
 * as that is decided, before anything cleans up, and does not wait for the event loop: a wrong
 * version may hang in the one, and block the other.
 */
export default class TellingRunner extends TestRunner {
  onCollected(files: RunnerTestFile[]): void {
    for (const file of files) tellTrouble('did not load', file)
  }

  override async onAfterRunSuite(suite: RunnerTestSuite): Promise<void> {
    await super.onAfterRunSuite(suite)
    tellTrouble(`${suite.name || 'the file'} failed around its tests`, suite)
  }

  override onBeforeTryTask(test: RunnerTestCase): void {
    super.onBeforeTryTask(test)
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

function tellTrouble(what: string, task: RunnerTask): void {
  const [failure] = failuresOf(task)
  if (failure) tell({ kind: 'trouble', message: `${what}: ${failure.error}` })
}

function failuresOf({ result }: RunnerTask): Failure[] {
  return (result?.errors ?? []).map(({ name, message, stack = '', diff }) => ({
    error: `${name ?? 'Error'}: ${message}`,
    stack,
    ...(diff === undefined ? {} : { diff }),
  }))
}

/** The name as vitest matches it with a pattern: groups and test, with blanks between them. */
function placeOf(test: RunnerTestCase): TestName & { line?: number } {
  const names = [test.name]
  for (let group = test.suite; group; group = group.suite) names.unshift(group.name)
  const place = { file: test.file.filepath.replaceAll('\\', '/'), name: names.join(' ') }
  return test.location ? { ...place, line: test.location.line } : place
}
