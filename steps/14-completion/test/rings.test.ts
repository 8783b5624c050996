import { COMPLETION_WORDS, completionFlags, ENTRY_WORDS } from '@rpc-steps/sockets'
import type { Syscalls, Uring, UringMemory } from '@rpc-steps/sockets'
import { describe, expect, test } from 'vitest'
import { Buffers } from '../src/buffers.ts'
import { Rings } from '../src/rings.ts'
import type { Listener } from '../src/rings.ts'

/** Rings whose other side is played by the test. All four numbers begin just before they wrap around. */
function byHand(first: number) {
  const at = { submissionHead: 0, submissionTail: 1, flags: 2, completionHead: 3, completionTail: 4, lost: 5, completions: 6 }
  const size = { submission: 4, completion: 4 }
  const memory: UringMemory = {
    fd: 3,
    words: new Int32Array(at.completions + size.completion * COMPLETION_WORDS),
    entries: new Int32Array(size.submission * ENTRY_WORDS),
    size,
    at,
  }
  const { words } = memory
  for (const place of [at.submissionHead, at.submissionTail, at.completionHead, at.completionTail]) words[place] = first
  const provided: Uint8Array[] = []
  const uring: Uring = {
    setup: () => memory,
    enter: () => (words[at.submissionHead] = words[at.submissionTail]!) & 0,
    provide: (_ring, _group, bytes) => provided.push(bytes) & 0,
    // So far up that half of an address is not enough.
    addressOf: (bytes) => 5 * 2 ** 32 + bytes.byteOffset,
    close() {},
  }
  const syscalls = { uring } as Syscalls
  const rings = new Rings(syscalls)

  /** Says that an operation was done. Throws where a place would be written over that has not been read. */
  function done(number: number, result: number, flags = 0): void {
    const tail = words[at.completionTail]!
    if (((tail - words[at.completionHead]!) | 0) >= size.completion) throw new Error('the completion ring is full')
    words.set([number, 0, result, flags], at.completions + (tail & (size.completion - 1)) * COMPLETION_WORDS)
    words[at.completionTail] = tail + 1
  }

  const told: unknown[] = []
  const errors: unknown[] = []
  const listener = (name: string, more: () => void = () => {}): Listener => ({
    completed: (result) => {
      told.push([name, result])
      more()
    },
    failed: () => told.push(`${name} has thrown`),
  })
  return { rings, syscalls, provided, done, told, errors, listener, complete: () => rings.complete((error) => errors.push(error)) }
}

describe.each([-2, 0x7ffffffe])('of rings that begin at %i', (first) => {
  test('what was done is told in its order, and each place is used again', () => {
    const { rings, done, told, listener, complete } = byHand(first)
    for (let round = 0; round < 3; round++) {
      const numbers = ['a', 'b', 'c'].map((name) => rings.receive(1, 0, false, listener(name)))
      numbers.forEach((number, i) => done(number, 10 * round + i))
      expect(complete()).toBe(3)
    }
    expect(told).toEqual([0, 10, 20].flatMap((n) => [['a', n], ['b', n + 1], ['c', n + 2]]))
    expect(rings.inFlight).toBe(0)
  })

  test('the kernel may write into a place before its listener is called', () => {
    const { rings, done, told, errors, listener, complete } = byHand(first)
    const late = rings.receive(1, 0, false, listener('late'))
    const numbers = ['a', 'b', 'c', 'd'].map((name) => rings.receive(1, 0, false, listener(name, () => name === 'a' && done(late, 5))))
    numbers.forEach((number, i) => done(number, i))
    complete()
    complete()
    expect(errors).toEqual([])
    expect(told).toEqual([['a', 0], ['b', 1], ['c', 2], ['d', 3], ['late', 5]])
  })

  test('what is done while listeners are told waits for the next turn', () => {
    const { rings, done, told, listener, complete } = byHand(first)
    const again = (left: number) => () => {
      if (left > 0) done(rings.receive(1, 0, false, listener(`${left}`, again(left - 1))), left)
    }
    done(rings.receive(1, 0, false, listener('first', again(5))), 0)
    expect(complete()).toBe(1)
    expect(told).toEqual([['first', 0]])
    expect(complete()).toBe(1)
  })

  test('an operation that goes on keeps its listener, until it says that it was the last', () => {
    const { rings, done, told, errors, listener, complete } = byHand(first)
    const number = rings.receive(1, 0, true, listener('all'))
    for (const length of [7, 8]) done(number, length, completionFlags.more)
    done(number, 9)
    complete()
    expect(errors).toEqual([])
    expect(told).toEqual([['all', 7], ['all', 8], ['all', 9]])
    expect(rings.inFlight).toBe(0)
  })

  test('who throws is told so, and the others hear what they wait for', () => {
    const { rings, done, told, errors, listener, complete } = byHand(first)
    const oops = new Error('oops')
    const numbers = [
      rings.receive(1, 0, false, listener('a', () => { throw oops })),
      rings.receive(1, 0, false, listener('b')),
    ]
    for (const number of numbers) done(number, 1)
    complete()
    expect(errors).toEqual([oops])
    expect(told).toEqual([['a', 1], 'a has thrown', ['b', 1]])
  })
})

describe('buffers that are given to the kernel', () => {
  /** The kernel's side: takes what stands between where it was and the tail. */
  function lent(options = { buffers: 4, bufferSize: 100 }) {
    const { rings, syscalls, provided } = byHand(0)
    const buffers = new Buffers(rings, syscalls, 0, options)
    const bytes = provided[0]!
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    let head = 0
    const take = () => {
      const taken = []
      for (; head !== view.getUint16(14, true); head = (head + 1) & 0xffff) {
        const place = (head % options.buffers) * 16
        taken.push({ address: view.getBigUint64(place, true), length: view.getUint32(place + 8, true), number: view.getUint16(place + 12, true) })
        // What stands there is good for one time.
        bytes.fill(0, place, place + 14)
      }
      return taken
    }
    return { buffers, take }
  }

  test('are all with it in the beginning, each with its own place in memory', () => {
    const { take } = lent()
    const taken = take()
    expect(taken.map(({ number }) => number)).toEqual([0, 1, 2, 3])
    expect(taken.map(({ length }) => length)).toEqual([100, 100, 100, 100])
    const base = taken[0]!.address
    expect(base >> 32n).toBe(5n)
    expect(taken.map(({ address }) => Number(address - base))).toEqual([0, 100, 200, 300])
  })

  test('stand behind all others when they are given back, in any order and for ever', () => {
    const { buffers, take } = lent()
    const [, , third] = take()
    // Longer than the tail can count.
    for (let round = 0; round < 20_000; round++) {
      for (const number of [2, 0, 3, 1]) {
        buffers.take(number)
        buffers.giveBack(number)
      }
      const taken = take()
      if (round % 5_000 === 0) expect(taken.map(({ number }) => number)).toEqual([2, 0, 3, 1])
      else if (taken.length !== 4 || taken[0]!.number !== 2) throw new Error(`in round ${round} the kernel found ${taken.length} buffers`)
      if (round === 0) expect(taken[0]).toEqual(third)
    }
  })

  test('are ours as long as we read them', () => {
    const { buffers } = lent()
    expect(buffers.out).toBe(0)
    expect(buffers.take(3)).toHaveLength(100)
    buffers.take(1)
    expect(buffers.out).toBe(2)
    buffers.giveBack(3)
    expect(buffers.out).toBe(1)
  })
})
