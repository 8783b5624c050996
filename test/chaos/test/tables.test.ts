import { answer, listen } from '@rpc-steps/async-await'
import type { Peer } from '@rpc-steps/async-await'
import { deadlined, inTime } from '@rpc-steps/deadlines'
import { streamed, streaming, streams } from '@rpc-steps/streaming'
import { queued } from '@rpc-steps/task-queue'
import { expect, it } from 'vitest'
import { playRound } from '../src/round.ts'

// A server of the steps from 04 on, as step 08 stacks them, but in this process, where its tables can be seen.
it.each([0, 1, 2])('behind a bad network the tables of a server are empty in the end (seed %i)', async (seed) => {
  const peers: Peer[] = []
  const queue = queued(inTime(streamed(streaming(answer))), { workers: 4, capacity: 256, order: 'fifo' })
  const server = await listen(deadlined(queue), { host: '127.0.0.1', port: 0 }, {
    extensions: [streams, (peer) => peers.push(peer)],
    log: () => {},
  })
  try {
    const { outcomes } = await playRound({ host: server.host, port: server.port }, { seed, longest: 50 })
    expect(outcomes).toMatchObject({ refused: 0, wrong: 0 })
    // Also what was asked by those who have gone.
    await expect.poll(() => queue.places).toMatchObject({ queued: 0, running: 0 })
    expect(server.peers.size).toBe(0)
    // Three through the network, and one that was served afterwards.
    expect(peers).toHaveLength(4)
    for (const { stats } of peers) {
      // Not `requests`: one whose caller has gone is never answered, and goes with its connection.
      expect(stats).toMatchObject({ handling: 0, pending: 0, waiting: 0, unanswered: 0, parked: 0, held: 0 })
    }
  } finally {
    await server.close()
  }
})
