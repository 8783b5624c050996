import { startServer } from '@rpc-steps/cli/processes'
import type { RunningServer } from '@rpc-steps/cli/processes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadCases } from '../src/cases.ts'
import { play } from '../src/play.ts'
import { exceptions, runsHere, stateOf, subjects } from '../src/states.ts'

const cases = loadCases()

// One case after another: a server that blocks has one client at a time.
describe.each(subjects().filter(runsHere))('$name', ({ name, server, args }) => {
  let running: RunningServer
  beforeAll(async () => {
    running = await startServer(server, args)
  })
  afterAll(async () => {
    expect(running.process.exitCode, 'the server is still the one that was started').toBe(null)
    await running.stop()
  })

  for (const aCase of cases) {
    const { state, because } = stateOf(name, aCase.id)
    const title = state === 'pass' ? aCase.id : `${state}: ${aCase.id} (${because})`
    // A machine that stands still for a moment can turn round two answers, but not three times.
    const retry = aCase.id.startsWith('waiting: ') ? 2 : 0
    it.skipIf(state === 'skip')(title, { retry }, async () => {
      const problem = await play(aCase, running, { state, because })
      if (problem !== undefined) throw new Error(problem)
    })
  }
})

describe('the table of states', () => {
  it('names only cases that there are', () => {
    const ids = cases.map((aCase) => aCase.id)
    for (const row of exceptions) expect(ids).toContain(row.case)
  })

  it('names only steps that there are', () => {
    const names = subjects().map((subject) => subject.name)
    for (const { mustFail = [], skip = [] } of exceptions) {
      for (const name of [...mustFail, ...skip]) expect(names).toContain(name)
    }
  })
})
