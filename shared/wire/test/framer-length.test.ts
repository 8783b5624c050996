import { expect, it } from 'vitest'
import { createFramer } from '../src/index.ts'

it.each(['content-length', 'newline', 'auto'] as const)(
  '%s: reads the first bytes of a larger buffer, and nothing behind them',
  (framing) => {
    const framer = createFramer(framing)
    const stream = Buffer.from(createFramer(framing === 'auto' ? 'newline' : framing).frame('{"a":1}').repeat(3))
    const buffer = Buffer.alloc(64 * 1024, '{')
    const bodies: string[] = []
    for (let at = 0; at < stream.length; at += 5) {
      const length = stream.copy(buffer, 0, at, at + 5)
      framer.push(buffer, length)
      for (let body; (body = framer.next()) !== undefined; ) bodies.push(body)
    }
    expect(bodies).toEqual(Array(3).fill('{"a":1}'))
    expect(framer.partial).toBe(false)
  },
)
