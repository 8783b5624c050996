import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFramer, FramingError } from '../src/index.ts'
import type { Framing } from '../src/index.ts'
import { cut } from './support.ts'

const framings: readonly Framing[] = ['content-length', 'newline', 'auto']
const limits = { header: 80, body: 120 }

/** A good stream in which something was changed, lost, doubled or put in. */
const mutated = fc
  .tuple(
    fc.constantFrom('content-length', 'newline'),
    fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { minLength: 1, maxLength: 5 }),
    fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.uint8Array({ maxLength: 3 })), { maxLength: 4 }),
  )
  .map(([framing, texts, changes]) => {
    const { frame } = createFramer(framing)
    let stream = Buffer.from(texts.map((text) => frame(JSON.stringify(text))).join(''))
    for (const [place, lost, put] of changes) {
      const at = place % (stream.length + 1)
      stream = Buffer.concat([stream.subarray(0, at), put, stream.subarray(at + lost)])
    }
    return stream
  })
const headerLike = fc
  .array(fc.constantFrom('Content-Length', ': ', '5', '999', '-1', '\r\n', '\n', '\r', ' ', 'a', '{}'))
  .map((parts) => Buffer.from(parts.join('')))
const anyBytes = fc.oneof(fc.uint8Array({ maxLength: 400 }), mutated, headerLike)

/** All that can be seen of a framer while it reads: the messages, then how it ended. */
function read(framing: Framing, chunks: readonly Uint8Array[]) {
  const framer = createFramer(framing, limits)
  const messages: string[] = []
  let pushed = 0
  try {
    for (const chunk of chunks) {
      const lent = Buffer.from(chunk)
      framer.push(lent)
      pushed += chunk.length
      for (let message; (message = framer.next()) !== undefined; ) {
        messages.push(message)
        // A message takes at least a byte, so this ends.
        expect(messages.length).toBeLessThanOrEqual(pushed)
      }
      expect(framer.held).toBeLessThanOrEqual(Math.max(limits.header, limits.body))
      lent.fill('!')
    }
    framer.end()
    return { messages, end: 'between frames' }
  } catch (error) {
    if (!(error instanceof FramingError)) throw error
    return { messages, end: error.message }
  }
}

describe.each(framings)('%s: whatever comes', (framing) => {
  it('throws only FramingError, ends, and keeps no more than its limits', () => {
    fc.assert(fc.property(anyBytes, (bytes) => void read(framing, [bytes])), { numRuns: 500 })
  })

  it('reads the same from pieces as from the whole', () => {
    fc.assert(
      fc.property(anyBytes, fc.array(fc.nat()), (bytes, places) => {
        const pieces = cut(bytes, places.map((place) => place % (bytes.length + 1)))
        expect(read(framing, pieces)).toEqual(read(framing, [bytes]))
      }),
      { numRuns: 500 },
    )
  })

  it('throws again when asked again', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const framer = createFramer(framing, limits)
        framer.push(bytes)
        const ask = () => {
          for (;;) if (framer.next() === undefined) return
        }
        try {
          ask()
        } catch {
          expect(ask).toThrow(FramingError)
        }
      }),
    )
  })
})
