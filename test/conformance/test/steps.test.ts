import { startServer } from '@rpc-steps/cli/processes'
import type { RunningServer } from '@rpc-steps/cli/processes'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { loadCases } from '../src/cases.ts'
import { play } from '../src/play.ts'
import { runsHere } from '@rpc-steps/course/steps'
import { stateOf, subjects } from '../src/states.ts'

const cases = loadCases()

// One case after another: a server that blocks has one client at a time.
describe.each(subjects.filter(({ step }) => runsHere(step)))('$name', (subject) => {
  const { server, args } = subject
  let running: RunningServer
  beforeAll(async () => {
    running = await startServer(server, args)
  })
  afterAll(async () => {
    expect(running.process.exitCode, 'the server is still the one that was started').toBe(null)
    await running.stop()
  })

  for (const aCase of cases) {
    const { state, because } = stateOf(subject, aCase.id)
    const title = state === 'pass' ? aCase.id : `${state}: ${aCase.id} (${because})`
    // A machine that stands still for a moment can turn round two answers, but not three times.
    const retry = aCase.id.startsWith('waiting: ') ? 2 : 0
    it.skipIf(state === 'skip')(title, { retry }, async () => {
      const problem = await play(aCase, running, { state, because })
      if (problem !== undefined) throw new Error(problem)
    })
  }
})

test.each(subjects)('what $name says of cases is said of cases that there are', (subject) => {
  const ids = cases.map((aCase) => aCase.id)
  const { mustFail = {}, skip = {} } = subject
  expect(ids).toEqual(expect.arrayContaining([...Object.keys(mustFail), ...Object.keys(skip)]))
})
