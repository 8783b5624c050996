import { run, startServer } from '@rpc-steps/cli/processes'
import type { RunningServer } from '@rpc-steps/cli/processes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callsOfSteps, printed, words } from '../src/calls.ts'
import { steps } from '../src/steps.ts'

describe.each(steps)('the server of $name', ({ server }) => {
  let running: RunningServer
  beforeAll(async () => {
    running = await startServer(server)
  })
  afterAll(() => running.stop())

  // A server whose one thread serves one client at a time serves three of them one by one.
  describe.concurrent.each(steps)('and the client of $name', ({ client }) => {
    it.each(['content-length', 'newline'])('understand each other in %s frames', async (framing) => {
      const args = ['--port', String(running.port), '--framing', framing]
      const { code, stdout, stderr } = await run(client, [...args, ...words(callsOfSteps)])
      expect(stderr).toBe('')
      expect(stdout).toBe(printed(callsOfSteps))
      expect(code).toBe(0)
    })
  })
})
