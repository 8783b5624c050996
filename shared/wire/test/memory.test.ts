import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { createFramer } from '../src/index.ts'
import { feed } from './support.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

describe.each(['content-length', 'newline'] as const)('%s', (framing) => {
  const { frame } = createFramer(framing)

  it('wherever a frame was cut, what is behind it is read where it lies', () => {
    const first = '{"a":"é"}'
    const stream = Buffer.from(frame(first) + frame('[1]'))
    for (let at = 1; at < Buffer.byteLength(frame(first)); at++) {
      const framer = createFramer(framing)
      framer.push(stream.subarray(0, at))
      expect(framer.next()).toBeUndefined()
      const chunk = Buffer.from(stream.subarray(at))
      framer.push(chunk)
      // Only who reads it from the chunk can notice.
      chunk.write('2', chunk.lastIndexOf('1'))
      expect([framer.next(), framer.next(), framer.next()], `cut at ${at}`).toEqual([first, '[2]', undefined])
    }
  })

  it('a framer that has nothing to wait for keeps nothing of what it has read', () => {
    const chunk = frame('{"a":1}').repeat(2_000)
    feed(createFramer(framing), chunk)
    collect()
    const before = process.memoryUsage().heapUsed
    const framers = Array.from({ length: 500 }, () => createFramer(framing))
    for (const framer of framers) expect(feed(framer, chunk)).toHaveLength(2_000)
    collect()
    expect(process.memoryUsage().heapUsed - before).toBeLessThan((framers.length * chunk.length) / 4)
    expect(framers.some(({ partial }) => partial)).toBe(false)
  })
})
