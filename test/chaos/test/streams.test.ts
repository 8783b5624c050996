import { codes, connect, DisconnectedError } from '@rpc-steps/async-await'
import type { RpcError } from '@rpc-steps/async-await'
import { startServer } from '@rpc-steps/cli/processes'
import type { RunningServer } from '@rpc-steps/cli/processes'
import { stream, streams, upload } from '@rpc-steps/streaming'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { faults, gentle } from '../src/acts.ts'
import type { Fault } from '../src/acts.ts'
import { beServed, Client } from '../src/peer.ts'
import { canMeasure, memory } from '../src/process.ts'
import { chaosProxy } from '../src/proxy.ts'
import { mulberry32 } from '@rpc-steps/sockets/random'
import type { Random } from '@rpc-steps/sockets/random'
import { plain } from '../src/subjects.ts'

const streaming = plain.filter(({ mustFail }) => mustFail?.['streams: one item at a time'] === undefined)
const seeds = Array.from({ length: Number(process.env['SEEDS'] ?? 4) }, (_, seed) => seed)

/** How a stream ended, and whether what came of it is what must have come. */
interface Outcome {
  /** All, an error of the connection, or because its reader had enough. */
  end: 'all' | 'lost' | 'enough'
  right: boolean
}

describe.each(streaming)('$name, behind a network that splits, joins and delays', (subject) => {
  let server: RunningServer
  beforeAll(async () => {
    // Half as many streams are for one caller, from step 09 on: those of this test, and what is left of the one before.
    server = await startServer(subject.server, ['--workers', '200', ...subject.args])
  })
  afterEach(() => beServed(server.port))
  afterAll(() => server.stop())

  it.each(seeds)('every stream ends once, with all items in order (seed %i)', async (seed) => {
    const outcomes = await traffic(seed, gentle)
    expect(outcomes).toHaveLength(40)
    expect(outcomes.filter(({ end, right }) => end === 'lost' || !right)).toEqual([])
  })

  it.each(seeds)('and cuts: every stream ends once, with the first items in order (seed %i)', async (seed) => {
    const outcomes = await traffic(seed, faults)
    expect(outcomes).toHaveLength(40)
    expect(outcomes.filter(({ right }) => !right)).toEqual([])
  })

  it('serves others while one asks for fifty streams without end and reads none', async () => {
    const before = canMeasure ? memory(server.pid) : 0
    const { socket } = await Client.to(server.port)
    socket.pause()
    for (let id = 1; id <= 50; id++) socket.write(endless(id))
    for (let i = 0; i < 100; i++) await beServed(server.port)
    if (canMeasure) expect(memory(server.pid) - before).toBeLessThan(96)
    socket.destroy()
  })

  /** Forty streams on one connection, both ways, at many paces. */
  async function traffic(seed: number, some: readonly Fault[]): Promise<Outcome[]> {
    const random = mulberry32(seed)
    const network = await chaosProxy({ seed, to: server, faults: some, longest: 50, share: 1 })
    try {
      const peer = await connect(network, { extensions: [streams], grace: 1_000 })
      const outcomes = await Promise.all(Array.from({ length: 40 }, () => oneOf(peer, random)))
      expect(streams(peer).calls.size).toBe(0)
      await peer.close()
      return outcomes
    } finally {
      network.close()
    }
  }
})

function endless(id: number): string {
  const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'count', params: { to: 1e9 }, meta: { credit: 2 ** 20 } })
  return `Content-Length: ${body.length}\r\n\r\n${body}`
}

type Called = Awaited<ReturnType<typeof connect>>

async function oneOf({ call }: Called, random: Random): Promise<Outcome> {
  const credit = 1 + Math.floor(random() ** 3 * 1_000)
  const length = Math.floor(random() * 20 * credit)
  const items = Array.from({ length }, (_, i) => i + 1)
  const kind = random()
  if (kind < 0.2) return ended(async () => (await upload(call, 'total', undefined, items)) === (length * (length + 1)) / 2)

  const enough = random() < 0.2 ? Math.floor(random() * length) : Infinity
  const answer = kind < 0.6 ? stream(call, 'count', { to: length }, { credit }) : stream(call, 'echo', undefined, { credit, up: items })
  let next = 0
  let inOrder = true
  const outcome = await ended(async () => {
    for await (const item of answer) {
      inOrder &&= item === ++next
      if (next > enough) break
    }
    return next > enough || next === length
  })
  if (next > enough) outcome.end = 'enough'
  return { ...outcome, right: outcome.right && inOrder }
}

async function ended(job: () => Promise<boolean>): Promise<Outcome> {
  try {
    return { end: 'all', right: await job() }
  } catch (error) {
    // A server that hears the end of its caller's way says so to streams that need credit or items.
    const told = (error as RpcError).code === codes.requestCancelled
    return { end: 'lost', right: error instanceof DisconnectedError || told }
  }
}
