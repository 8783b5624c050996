import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FakeClock } from '@rpc-steps/session/testing'
import { InProcessBroker } from '../src/index.ts'
import { calling, collect, service, turns, working } from './support.ts'
import type { Broker } from '../src/index.ts'

/** A connection on which those messages are lost, by their numbers in the order in which they are sent. */
function losing(broker: InProcessBroker, lost: ReadonlySet<number>): Broker {
  let sent = 0
  const publish: Broker['publish'] = (...message) => {
    if (!lost.has(++sent)) broker.publish(...message)
  }
  return new Proxy(broker, { get: (target, name) => (name === 'publish' ? publish : bound(target, name)) })
}

function bound(target: InProcessBroker, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name, target)
  return typeof value === 'function' ? (value.bind(target) as unknown) : value
}

const numbers = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 3 }).map((all) => new Set(all))

it('whatever is lost, a call or a stream ends, and with what was sent or with an error', async () => {
  await fc.assert(
    fc.asyncProperty(numbers, numbers, fc.integer({ min: 0, max: 600 }), fc.constantFrom('call', 'down', 'up', 'both'), async (byWorker, byCaller, count, kind) => {
      const [broker, clock] = [new InProcessBroker(), new FakeClock()]
      const worker = await working(losing(broker, byWorker), service(), { clock })
      const caller = calling(losing(broker, byCaller), { clock })
      const items = Array.from({ length: count }, (_, i) => i + 1)
      const asked: Promise<unknown> = {
        call: () => caller.call('sum', items),
        down: () => collect(caller.stream('count', { to: count })),
        up: () => caller.upload('total', undefined, items),
        both: () => collect(caller.stream('echo', undefined, { up: items })),
      }[kind]()
      const right = kind === 'down' || kind === 'both' ? items : items.reduce((sum, n) => sum + n, 0)
      let outcome: unknown
      void asked.then((value) => (outcome = { value }), (error: unknown) => (outcome = { error }))
      // Half a minute is more than anybody waits for a sign of life.
      for (let seconds = 0; seconds < 30 && (outcome === undefined || worker.inFlight > 0); seconds++) {
        await turns(20)
        clock.pass(1_000)
      }
      expect(outcome).toBeDefined()
      if ('value' in (outcome as object)) expect(outcome).toEqual({ value: right })
      expect([caller.inFlight, worker.inFlight]).toEqual([0, 0])
      if (byWorker.size + byCaller.size === 0) expect(outcome).toEqual({ value: right })
      await worker.close()
    }),
    {
      numRuns: 300,
      examples: [
        // All that came before the end is lost, also what would have said who is at it.
        [new Set([1, 2]), new Set<number>(), 1, 'down'],
        // A message is lost, and then the cancel that comes of it.
        [new Set([6]), new Set([6]), 513, 'both'],
      ],
    },
  )
})
