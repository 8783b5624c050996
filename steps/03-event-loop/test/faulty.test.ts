import { faultySyscalls, forSeeds } from '@rpc-steps/sockets'
import type { FaultyOptions } from '@rpc-steps/sockets'
import { createFramer, requestText } from '@rpc-steps/wire'
import { describe, expect, test } from 'vitest'
import { connect, listen, Loop, selectorNames, answer } from '../src/index.ts'
import type { Client } from '@rpc-steps/callbacks'
import type { SelectorName } from '../src/index.ts'

const lengths = (first: number) => Array.from({ length: 10 }, (_, i) => first + i * 10)

/** The step's own server and loop, on a network where nearly everything goes wrong. */
function world(seed: number, selector: SelectorName, options?: FaultyOptions) {
  const network = faultySyscalls(seed, options)
  const errors: unknown[] = []
  const loop = new Loop({ syscalls: network, selector, onError: (error) => errors.push(error) })
  const server = listen(loop, answer, { port: 7000 })
  const turnUntil = (done: () => boolean) => {
    while (!done()) loop.turn()
  }
  return { network, loop, server, errors, turnUntil }
}

describe.each(selectorNames)('on a faulty network, with %s', (selector) => {
  test('every call of many clients is answered once', () =>
    forSeeds(40, (seed) => {
      const { loop, server, errors, turnUntil } = world(seed, selector)
      const outcomes: number[][] = [[], [], []]
      const clients: Client[] = []
      for (const results of outcomes) {
        connect(loop, server, (error, client) => {
          if (error) throw error
          clients.push(client)
          for (let i = 0; i < 10; i++) {
            client.call('sleep', [(i * 7) % 10], (error, ms) => results.push(error ? -1 : Number(ms)))
            client.call('say', ['é'.repeat(i * 10)], (error, text) => {
              results.push(error ? -1 : (text as string).length)
            })
          }
        })
      }
      turnUntil(() => outcomes.every((results) => results.length === 20))
      const said = lengths('You said: '.length)
      for (const results of outcomes) {
        expect(results.toSorted((a, b) => a - b)).toEqual(
          [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ...said].sort((a, b) => a - b),
        )
      }
      for (const client of clients) client.close()
      turnUntil(() => server.connections === 0)
      server.close()
      turnUntil(() => !loop.alive)
      expect(errors).toEqual([])
      expect(outcomes.map((results) => results.length)).toEqual([20, 20, 20])
    }))

  test('every call has one outcome, even when connections are refused and reset', () =>
    forSeeds(40, (seed) => {
      const faults = { refuse: 0.2, reset: 0.02 }
      const { loop, server, errors, turnUntil } = world(seed, selector, { faults })
      let connects = 0
      const outcomes: number[] = []
      for (let i = 0; i < 5; i++) {
        connect(loop, server, (error, client) => {
          connects++
          if (error) return
          for (let n = 0; n < 10; n++) {
            const call = outcomes.push(0) - 1
            client.call('say', [`${n}`.repeat(n * 100)], () => void outcomes[call]!++)
          }
          client.close()
        })
      }
      turnUntil(() => connects === 5 && server.connections === 0 && !outcomes.includes(0))
      server.close()
      turnUntil(() => !loop.alive)
      expect(connects).toBe(5)
      expect(outcomes).toEqual(outcomes.map(() => 1))
      expect(errors).toEqual([])
    }))

  test('two ends that have too much to send do not wait for each other', () =>
    forSeeds(5, (seed) => {
      const { loop, server, turnUntil } = world(seed, selector)
      let answers = 0
      connect(loop, server, (error, client) => {
        if (error) throw error
        for (let i = 0; i < 300; i++) {
          client.call('say', ['x'.repeat(1_000)], () => {
            if (++answers === 300) client.close()
          })
        }
      })
      turnUntil(() => answers === 300 && server.connections === 0)
    }))

  test('peers that end, leave or reset at any moment leave nothing behind', () =>
    forSeeds(40, (seed) => {
      const { network, loop, server, errors, turnUntil } = world(seed, selector)
      const framer = createFramer('content-length')
      const stream = Array.from({ length: 5 }, (_, i) =>
        framer.frame(requestText(i, i % 2 ? 'sleep' : 'say', [i % 2 ? 3 : 'x'.repeat(3_000)] as number[])),
      ).join('')
      const ways = ['end', 'close', 'reset', 'pause'] as const
      ways.forEach((way, i) => {
        network.connectPeer(7000, {
          onConnect(peer) {
            peer.send(stream.slice(0, (seed * 997 + i * 1_009) % stream.length))
            network.after(i + (seed % 5), () => peer[way]())
            network.after(20, () => peer.reset())
          },
        })
      })
      let late = false
      loop.after(100, () => (late = true))
      turnUntil(() => late && server.connections === 0)
      server.close()
      turnUntil(() => !loop.alive)
      expect(errors).toEqual([])
    }))
})
