import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFramer } from '../src/index.ts'
import { cut, feed } from './support.ts'

const framings = ['content-length', 'newline'] as const

/** Any UTF-16 there is, halves of surrogate pairs included: JSON writes those as escapes. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }))
  .map((units) => String.fromCharCode(...units))
const bigText = fc.tuple(fc.string({ unit: 'binary', minLength: 1 }), fc.nat(3000)).map(
  ([text, times]) => text.repeat(times),
)
const message = fc
  .oneof(fc.jsonValue(), anyText, fc.string({ unit: 'grapheme' }), bigText)
  .map((value) => JSON.stringify(value))
const messages = fc.array(message, { maxLength: 8 })

describe.each(framings)('%s: however the stream is split, the messages are the same', (framing) => {
  const { frame } = createFramer(framing)
  const streamOf = (bodies: readonly string[]) => Buffer.from(bodies.map(frame).join(''))

  it('at every single point', () => {
    const bodies = ['{"a":1}', '"é 漢 🙂 \\ud83d"', '[]', JSON.stringify('\r\n\r\n{"b":2}'), '""']
    const stream = streamOf(bodies)
    for (let at = 0; at <= stream.length; at++) {
      expect(feed(createFramer(framing), ...cut(stream, [at])), `split at ${at}`).toEqual(bodies)
    }
  })

  it('at every pair of points', () => {
    const bodies = ['{"🙂":1}', '[2]']
    const stream = streamOf(bodies)
    for (let a = 0; a <= stream.length; a++) {
      for (let b = a; b <= stream.length; b++) {
        expect(feed(createFramer(framing), ...cut(stream, [a, b]))).toEqual(bodies)
      }
    }
  })

  it('at every point at once: byte by byte', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.jsonValue(), anyText).map((v) => JSON.stringify(v))), (bodies) => {
        const bytes = [...streamOf(bodies)].map((byte) => Uint8Array.of(byte))
        expect(feed(createFramer(framing), ...bytes)).toEqual(bodies)
      }),
    )
  })

  it('at random points', () => {
    fc.assert(
      fc.property(messages, fc.array(fc.nat(), { maxLength: 30 }), (bodies, places) => {
        const stream = streamOf(bodies)
        const chunks = cut(stream, places.map((place) => place % (stream.length + 1)))
        const framer = createFramer(framing)
        expect(feed(framer, ...chunks)).toEqual(bodies)
        expect(framer.partial).toBe(false)
        expect(framer.held).toBe(0)
        framer.end()
      }),
    )
  })

  it('and `auto` finds out which framing it is', () => {
    const json = fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(anyText, fc.jsonValue()))
    const some = fc.array(json.map((value) => JSON.stringify(value)), { minLength: 1 })
    fc.assert(
      fc.property(some, fc.array(fc.nat()), (bodies, places) => {
        const stream = streamOf(bodies)
        const framer = createFramer('auto')
        const chunks = cut(stream, places.map((place) => place % (stream.length + 1)))
        expect(feed(framer, ...chunks)).toEqual(bodies)
        // And what it writes is framed as what it read.
        expect(framer.frame('{}')).toBe(frame('{}'))
      }),
    )
  })
})
