import { expect, test } from 'vitest'
import { End, settle } from './pair.ts'

const text = 'x'.repeat(600)
/** Two ends, and between them a network that takes 2,000 bytes each way. */
const room = 2_000

test('two ends that ask much of each other both get their answers', () => {
  const ends: [End, End] = [new End({ highWater: 4_000 }), new End({ highWater: 4_000 })]
  for (const end of ends) for (let i = 0; i < 50; i++) end.call('echo', [text])
  settle(ends, room)
  expect(ends.map(({ made }) => made.filter(({ outcomes }) => outcomes.length === 1).length)).toEqual([50, 50])
})

test('two ends that have given up their calls read on until they are answered', () => {
  // The questions are small, the answers large: both ends have parked all they may before one is through.
  const large = 'x'.repeat(10_000)
  const create = () => new End({ highWater: 4_000, parked: 5 }, (_, respond) => respond(null, large))
  const ends: [End, End] = [create(), create()]
  for (const end of ends) for (let i = 0; i < 20; i++) end.call('large', [])
  ends[0].send(ends[1], room)
  ends[1].send(ends[0], room)
  for (const end of ends) for (const made of end.made) expect(end.giveUp(made), 'it was sent').toBe(true)
  settle(ends, room)
  expect(ends.map(({ session }) => session.stats.unanswered)).toEqual([0, 0])
})

test('room for one lets one go, and not all who wait', () => {
  const end = new End({ highWater: 1_000 })
  const other = new End()
  for (let i = 0; i < 100; i++) end.session.notify('note', [text])
  let most = 0
  while (end.session.stats.held > 0) {
    most = Math.max(most, end.session.stats.held)
    end.send(other, 100_000)
    other.receive(100_000)
  }
  expect(other.heard).toHaveLength(100)
  // Up to the high-water mark, and one that goes over it.
  expect(most).toBeLessThan(2_000)
})
