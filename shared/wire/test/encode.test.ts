import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFramer } from '../src/index.ts'
import { Rope } from '../src/rope.ts'

const any = fc.string({ unit: 'binary', maxLength: 300 })
const body = fc.oneof(
  any,
  fc.tuple(any, fc.string({ unit: fc.constantFrom('x', ' '), minLength: 1, maxLength: 300 }), any).map((pieces) => new Rope(...pieces)),
  fc.tuple(fc.constantFrom('x', 'é', '🙂', '\ud800'), fc.integer({ min: 0, max: 120 })).map(([c, n]) => c.repeat(n)),
)

describe.each(['content-length', 'newline', 'auto'] as const)('%s', (framing) => {
  it('encodes what it frames, at any place, and touches nothing in front of it', () => {
    fc.assert(
      fc.property(body, fc.nat(40), fc.nat(1_000), (text, at, room) => {
        const framer = createFramer(framing)
        const expected = Buffer.from(framer.frame(text))
        const into = Buffer.alloc(at + room, '!')
        const length = framer.encode(text, into, at)
        expect(length).toBe(room < expected.length ? -1 : expected.length)
        if (length > 0) expect(into.subarray(at, at + length)).toEqual(expected)
        expect(into.subarray(0, at)).toEqual(Buffer.alloc(at, '!'))
      }),
      { numRuns: 1_000 },
    )
  })
})
