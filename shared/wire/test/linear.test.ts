import { expect, it } from 'vitest'
import { createFramer } from '../src/index.ts'
import type { Framing } from '../src/index.ts'
import { feed, ratio } from './support.ts'

const generous = 8

/** How many times as long it takes to drip one long frame as to drip as many bytes in short ones. */
function drips(framing: Framing, long: string, short: string, bytesAtOnce: number): number {
  const limits = { header: 2 ** 24, body: 2 ** 24 }
  const drip = (text: string) => () => {
    const bytes = Buffer.from(text)
    const framer = createFramer(framing, limits)
    for (let at = 0; at < bytes.length; at += bytesAtOnce) {
      framer.push(bytes.subarray(at, at + bytesAtOnce))
      while (framer.next() !== undefined);
    }
  }
  return ratio(drip(long), drip(short.repeat(Math.ceil(long.length / short.length))), generous)
}

it('a header that never ends costs linear time, dripped byte by byte', () => {
  const short = `X-Short: ${'x'.repeat(70)}\r\nContent-Length: 0\r\n\r\n`
  expect(drips('content-length', 'X-Long: ' + 'x'.repeat(8_000), short, 1)).toBeLessThan(generous)
})

it('a length that never ends costs linear time, dripped byte by byte', () => {
  const { frame } = createFramer('content-length')
  expect(drips('content-length', 'Content-Length: ' + '0'.repeat(8_000), frame('x'.repeat(70)), 1)).toBeLessThan(generous)
})

it('a header of many lines costs linear time, dripped byte by byte', () => {
  const short = 'X: y\r\nContent-Length: 0\r\n\r\n'
  expect(drips('content-length', 'X: y\r\n'.repeat(10_000), short, 1)).toBeLessThan(generous)
})

it.each(['content-length', 'newline'] as const)('%s: a body of 1 MiB costs linear time, dripped', (framing) => {
  const { frame } = createFramer(framing)
  const [long, short] = [2 ** 20, 2 ** 10].map((length) => frame(JSON.stringify('x'.repeat(length))))
  expect(drips(framing, long!, short!, 64)).toBeLessThan(generous)
})

it('many frames in one chunk cost linear time', () => {
  const { frame } = createFramer('content-length')
  const read = (chunks: number, count: number) => () => {
    const chunk = frame('{}').repeat(count)
    for (let i = 0; i < chunks; i++) {
      expect(feed(createFramer('content-length'), chunk)).toHaveLength(count)
    }
  }
  expect(ratio(read(1, 64_000), read(64, 1_000), generous)).toBeLessThan(generous)
})
