import type { Peer } from '@rpc-steps/async-await'
import { describe, expect, test } from 'vitest'
import { Fifo, queued } from '../src/index.ts'
import type { QueueOptions } from '../src/index.ts'
import { asker, connection, FakeClock, Stage } from './support.ts'

/** A queue of one worker, which has request 0. */
function busy(options: QueueOptions) {
  const stage = new Stage()
  const clock = new FakeClock()
  const queue = queued(stage.handler, { workers: 1, capacity: 100, clock, ...options })
  const { ask, outcomes } = asker(queue)
  ask(0)
  return { stage, clock, ask, outcomes, queue }
}

test('fifo: in the order in which they came, whatever their priority', async () => {
  const { stage, ask } = busy({ order: 'fifo' })
  ask(1, { priority: 0 })
  ask(2, { priority: 9 })
  ask(3)
  await stage.endAll()
  expect(stage.begun).toEqual([0, 1, 2, 3])
})

describe('priority', () => {
  test('the most urgent first, and who says nothing is in the middle', async () => {
    const { stage, ask } = busy({ order: 'priority' })
    ask(1, { priority: 0 })
    ask(2, { priority: 4 })
    ask(3)
    ask(4, { priority: 5 })
    ask(5, { priority: 9 })
    ask(6, { priority: 9 })
    await stage.endAll()
    expect(stage.begun).toEqual([0, 5, 6, 4, 2, 3, 1])
  })

  test('nobody starves: who waits grows more urgent, whatever comes', async () => {
    const { stage, clock, ask } = busy({ order: 'priority', aging: 100 })
    ask(1, { priority: 0 })
    // There is always something more urgent, and the worker is never free for anything else.
    let id = 1
    while (!stage.begun.includes(1) && id < 1000) {
      ask(++id, { priority: 9 })
      clock.time += 10
      await stage.end(stage.begun.at(-1))
    }
    // Nine levels of 100 ms are 90 rounds; before it was 0, and of two that are equal the other was given it.
    expect(stage.begun.indexOf(1)).toBe(92)
  })

  test('one that is more urgent does not pass who has waited for the difference', async () => {
    const { stage, clock, ask } = busy({ order: 'priority', aging: 100 })
    ask(1, { priority: 3 })
    clock.time = 199
    ask(2, { priority: 5 })
    clock.time = 201
    ask(3, { priority: 5 })
    await stage.endAll()
    expect(stage.begun).toEqual([0, 2, 1, 3])
  })
})

describe('fair', () => {
  const [ada, grace, alan] = [connection(), connection(), connection()]

  test('the connections take turns, however much each of them wants', async () => {
    const { stage, ask } = busy({ order: 'fair' })
    for (let id = 1; id <= 5; id++) ask(id, { peer: ada })
    ask(11, { peer: grace })
    ask(12, { peer: grace })
    ask(21, { peer: alan })
    await stage.endAll()
    expect(stage.begun).toEqual([0, 1, 11, 21, 2, 12, 3, 4, 5])
  })

  test('a queue full of one connection makes room for another, until each has its share', async () => {
    const { stage, ask, outcomes } = busy({ order: 'fair', capacity: 4 })
    for (let id = 1; id <= 5; id++) ask(id, { peer: ada })
    expect(outcomes.get(5), 'she is the only one, and has it all').toBe(-32029)
    for (let id = 11; id <= 13; id++) ask(id, { peer: grace })
    await stage.endAll()
    expect(outcomes.get(1), 'who has waited longest stays').toBe('done 1')
    // Her newest had to go.
    expect([3, 4].map((id) => outcomes.get(id))).toEqual([-32029, -32029])
    expect(outcomes.get(13), 'more than a share').toBe(-32029)
    expect(stage.begun).toEqual([0, 1, 11, 2, 12])
  })

  test('who makes room is told when to come back, and counts as answered', async () => {
    const { ask, outcomes, queue, stage } = busy({ order: 'fair', capacity: 2 })
    ask(1, { peer: ada })
    ask(2, { peer: ada })
    ask(3, { peer: grace })
    expect(queue.places).toEqual({ accepted: 4, queued: 2, running: 1, answered: 1 })
    await stage.endAll()
    expect(outcomes.get(2)).toBe(-32029)
  })

  test('those without a connection are one', async () => {
    const { stage, ask } = busy({ order: 'fair' })
    const peers: (Peer | undefined)[] = [undefined, undefined, ada]
    peers.forEach((peer, i) => ask(i + 1, { ...(peer && { peer }) }))
    await stage.endAll()
    expect(stage.begun).toEqual([0, 1, 3, 2])
  })
})

test('an order of one’s own says who is next, and who has waited for too long', async () => {
  class Patient extends Fifo<never> {
    expire() {
      return this.size > 2 ? this.next() : undefined
    }
  }
  const { stage, ask, outcomes, queue } = busy({ order: () => new Patient() })
  for (let id = 1; id <= 5; id++) ask(id)
  await stage.end(0)
  expect([1, 2, 3].map((id) => outcomes.get(id))).toEqual([-32029, -32029, -32029])
  expect(stage.begun).toEqual([0, 4])
  expect(queue.places).toEqual({ accepted: 6, queued: 1, running: 1, answered: 4 })
})
