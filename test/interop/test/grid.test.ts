import { run, startServer } from '@rpc-steps/cli/processes'
import type { RunningServer } from '@rpc-steps/cli/processes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callsOfSteps, printed, words } from '../src/calls.ts'
import { steps } from '../src/steps.ts'

const framings = ['content-length', 'newline'] as const

/**
 * Each step with itself, with the one before it and with the first, either as server and as client. Whom
 * it does not meet has met the same: the tests with other implementations ask all of them for the wire.
 */
function framingsOf(server: number, client: number): readonly string[] {
  const [earlier, later] = [Math.min(server, client), Math.max(server, client)]
  if (earlier === later) return framings
  return earlier === 0 || later - earlier === 1 ? [framings[client === later ? 0 : 1]] : []
}

const meetings = steps.map(({ name, server }, i) => ({
  name,
  server,
  clients: steps.flatMap(({ name, client }, j) => framingsOf(i, j).map((framing) => ({ name, client, framing }))),
}))

describe.each(meetings)('the server of $name', ({ server, clients }) => {
  let running: RunningServer
  beforeAll(async () => {
    running = await startServer(server)
  })
  afterAll(() => running.stop())

  // A server whose one thread serves one client at a time serves three of them one by one.
  describe.concurrent.each(clients)('and the client of $name', ({ client, framing }) => {
    it(`understand each other in ${framing} frames`, async () => {
      const args = ['--port', String(running.port), '--framing', framing]
      const { code, stdout, stderr } = await run(client, [...args, ...words(callsOfSteps)])
      expect(stderr).toBe('')
      expect(stdout).toBe(printed(callsOfSteps))
      expect(code).toBe(0)
    })
  })
})
