import { faultySyscalls, forSeeds } from '@rpc-steps/sockets'
import type { FaultyOptions } from '@rpc-steps/sockets'
import { requestText } from '@rpc-steps/wire'
import type { Json } from '@rpc-steps/wire'
import { describe, expect, test } from 'vitest'
import { connect, listen, Loop, selectorNames, serve } from '../src/index.ts'
import type { Client, SelectorName, ServerOptions } from '../src/index.ts'

/** A server of the step on a network where nearly everything goes wrong. */
function world(seed: number, selector: SelectorName, options?: FaultyOptions, own?: ServerOptions) {
  const network = faultySyscalls(seed, options)
  const errors: unknown[] = []
  const loop = new Loop({ syscalls: network, selector, onError: (error) => errors.push(error) })
  const server = listen(loop, serve, own)
  const turnUntil = (done: () => boolean) => {
    while (!done()) loop.turn()
  }
  return { network, loop, server, errors, turnUntil }
}

describe.each(selectorNames)('on a faulty network, %s', (selector) => {
  test('every call of many clients is answered once, whatever goes wrong', () =>
    forSeeds(40, (seed) => {
      const { loop, server, errors, turnUntil } = world(seed, selector)
      const outcomes: Json[][] = [[], [], []]
      const clients: Client[] = []
      for (const results of outcomes) {
        connect(loop, server, (error, client) => {
          if (error) throw error
          clients.push(client)
          for (let i = 0; i < 10; i++) {
            client.call('sleep', [(i * 7) % 10], (error, result) => results.push(error ? -1 : result))
            client.call('say', [`${i}: ${'é'.repeat(i * 10)}`], (error, result) => {
              results.push(error ? -1 : (result as string).length)
            })
          }
        })
      }
      turnUntil(() => outcomes.every((results) => results.length === 20))
      const lengths = Array.from({ length: 10 }, (_, i) => i * 10 + 'You said: 0: '.length)
      for (const results of outcomes) {
        expect([...results].sort((a, b) => Number(a) - Number(b))).toEqual(
          [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ...lengths],
        )
      }
      for (const client of clients) client.end()
      turnUntil(() => server.connections === 0)
      server.stop()
      turnUntil(() => !loop.alive)
      expect(errors).toEqual([])
      expect(outcomes.map((results) => results.length)).toEqual([20, 20, 20])
    }))
})
void requestText
