import { Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { Outbox, OverflowError } from '../src/index.ts'

/** A stream whose kernel takes what it is given when `take` is called. */
class Slow extends Writable {
  readonly writes: string[] = []
  #taken: (() => void) | undefined

  constructor() {
    super({ decodeStrings: false })
  }

  override _write(chunk: string, _: string, taken: () => void) {
    this.writes.push(chunk)
    this.#taken = taken
  }

  take() {
    const taken = this.#taken
    this.#taken = undefined
    taken?.()
  }
}

test('all frames of one turn go in one write', async () => {
  const stream = new Slow()
  const outbox = new Outbox(stream)
  outbox.send('a')
  void Promise.resolve().then(() => outbox.send('b'))
  process.nextTick(() => outbox.send('c'))
  await setImmediate()
  expect(stream.writes).toEqual(['abc'])
})

test('timers that are due together share one write', async () => {
  const stream = new Slow()
  const outbox = new Outbox(stream)
  const due = new Promise<void>((resolve) => {
    setTimeout(() => outbox.send('a'), 1)
    setTimeout(() => outbox.send('b'), 1)
    setTimeout(() => resolve(), 1)
    for (const start = performance.now(); performance.now() < start + 3; );
  })
  await due
  await setImmediate()
  expect(stream.writes).toEqual(['ab'])
})

test.each([true, false])('what is enough for a write leaves at once, corked: %j', async (corked) => {
  const stream = new Slow()
  const outbox = new Outbox(stream)
  if (corked) outbox.cork()
  const frames = ['a'.repeat(3000), 'b'.repeat(3000), 'c']
  for (const frame of frames) outbox.send(frame)
  expect(stream.writes).toEqual([frames[0]! + frames[1]!])
  if (corked) outbox.uncork()
  else await setImmediate()
  stream.take()
  expect(stream.writes.join('')).toBe(frames.join(''))
})

test('corked, it waits for uncork', async () => {
  const stream = new Slow()
  const outbox = new Outbox(stream)
  outbox.cork()
  outbox.send('a')
  await setImmediate()
  expect(stream.writes).toEqual([])
  outbox.send('b')
  outbox.uncork()
  expect(stream.writes).toEqual(['ab'])
})

test('full above the high-water mark, and drained once at half of it', async () => {
  const stream = new Slow()
  const drained = vi.fn()
  const outbox = new Outbox(stream, drained, { highWater: 10 })
  expect(outbox.send('1234567890')).toBe(true)
  await setImmediate()
  expect(outbox.send('x')).toBe(false)
  expect(outbox.full).toBe(true)
  await setImmediate()
  expect(drained).not.toHaveBeenCalled()
  stream.take()
  await setImmediate()
  expect(drained).toHaveBeenCalledOnce()
  expect(outbox.full).toBe(false)
  stream.take()
  await setImmediate()
  expect(drained).toHaveBeenCalledOnce()
})

test('takes nothing above the hard cap', async () => {
  const stream = new Slow()
  const outbox = new Outbox(stream, () => {}, { highWater: 2, hardCap: 6 })
  outbox.send('1234')
  expect(() => outbox.send('567')).toThrow(OverflowError)
  expect(outbox.send('56')).toBe(false)
  await setImmediate()
  expect(stream.writes).toEqual(['123456'])
})

test('end writes what there is', async () => {
  const stream = new Slow()
  const outbox = new Outbox(stream)
  outbox.send('bye')
  outbox.end()
  expect(stream.writes).toEqual(['bye'])
  expect(stream.writableEnded).toBe(true)
  outbox.send('too late')
  await setImmediate()
  expect(stream.writes).toEqual(['bye'])
})

test('whatever is sent, and whenever the kernel takes it, all comes out in order', async () => {
  const action = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('turn', 'take'))
  await fc.assert(
    fc.asyncProperty(fc.array(action), fc.integer({ min: 0, max: 50 }), async (actions, highWater) => {
      const stream = new Slow()
      let drains = 0
      let fills = 0
      const outbox = new Outbox(stream, () => drains++, { highWater })
      let sent = ''
      for (const action of actions) {
        if (action === 'turn') await setImmediate()
        else if (action === 'take') stream.take()
        else {
          const was = outbox.full
          sent += action
          outbox.send(action)
          if (!was && outbox.full) fills++
        }
      }
      while (outbox.held > 0) {
        await setImmediate()
        stream.take()
      }
      await setImmediate()
      expect(stream.writes.join('')).toBe(sent)
      expect(outbox.full).toBe(false)
      expect(drains).toBe(fills)
    }),
    { numRuns: 100 },
  )
})
