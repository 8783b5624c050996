import { startServer } from '@rpc-steps/cli/processes'
import type { RunningServer } from '@rpc-steps/cli/processes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { faults, gentle } from '../src/acts.ts'
import { OwnClient } from '../src/own-client.ts'
import { beServed } from '../src/peer.ts'
import { canMeasure, openFiles } from '../src/process.ts'
import { playRound } from '../src/round.ts'
import type { Target } from '../src/round.ts'
import { waiting } from '../src/subjects.ts'

const seeds = Array.from({ length: Number(process.env['SEEDS'] ?? 2) }, (_, seed) => seed)
// Of a tenth of a second: enough to be in everybody's way.
const longest = 100

describe.each(waiting)('$name, behind a bad network', (subject) => {
  let server: RunningServer
  let target: Target
  beforeAll(async () => {
    server = await startServer(subject.server, subject.args)
    const { host, port, pid } = server
    await beServed(port)
    target = { host, port, pid, own: await OwnClient.of(subject), ...(canMeasure && { files: openFiles(pid) }) }
  })
  afterAll(async () => {
    await target.own?.stop()
    const { code } = await server.stop()
    // Step 01 is ended by the signal itself.
    expect(code === 0 || subject.clients !== undefined).toBe(true)
    // A client that was cut off inside a message may say so; nothing else is worth a line, least of all a stack.
    expect(server.stderr().replace(/^the peer reports an error of no certain call: .*inside a frame.*\n/gm, '')).toBe('')
  })

  it.each(seeds)('that loses nothing: every call is answered, and rightly (seed %i)', async (seed) => {
    const { calls, outcomes } = await playRound(target, { seed, longest, faults: gentle })
    expect(outcomes).toEqual({ right: calls, refused: 0, lost: 0, wrong: 0 })
  })

  it.each(seeds)('that cuts: every call has one outcome, and nothing is left behind (seed %i)', async (seed) => {
    const { calls, outcomes } = await playRound(target, { seed, longest, faults })
    expect(outcomes).toEqual({ right: calls - outcomes.lost, refused: 0, lost: outcomes.lost, wrong: 0 })
  })
})
