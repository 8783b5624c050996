import { expect, it } from 'vitest'
import { createFramer } from '../src/index.ts'
import type { Framing } from '../src/index.ts'
import { feed } from './support.ts'

const generous = 8

/**
 * How many times as long it takes to drip one long frame as to drip as many bytes in short ones:
 * about as long, when reading is linear; hundreds of times, when it is not. Both are the best of
 * several tries, so that what else this machine does hardly counts.
 */
function ratio(framing: Framing, long: string, short: string, bytesAtOnce: number): number {
  const limits = { header: 2 ** 24, body: 2 ** 24 }
  const drip = (text: string) => {
    const bytes = Buffer.from(text)
    const framer = createFramer(framing, limits)
    const began = performance.now()
    for (let at = 0; at < bytes.length; at += bytesAtOnce) {
      framer.push(bytes.subarray(at, at + bytesAtOnce))
      while (framer.next() !== undefined);
    }
    return performance.now() - began
  }
  const shorts = short.repeat(Math.ceil(long.length / short.length))
  const unit = Math.min(...Array.from({ length: 5 }, () => drip(shorts)))
  let best = Infinity
  for (let tries = 0; tries < 3 && best >= generous; tries++) {
    best = Math.min(best, drip(long) / unit)
  }
  return best
}

it('a header that never ends costs linear time, dripped byte by byte', () => {
  const short = `X-Short: ${'x'.repeat(70)}\r\nContent-Length: 0\r\n\r\n`
  expect(ratio('content-length', 'X-Long: ' + 'x'.repeat(20_000), short, 1)).toBeLessThan(generous)
})

it('a header of many lines costs linear time, dripped byte by byte', () => {
  const short = 'X: y\r\nContent-Length: 0\r\n\r\n'
  expect(ratio('content-length', 'X: y\r\n'.repeat(10_000), short, 1)).toBeLessThan(generous)
})

it.each(['content-length', 'newline'] as const)('%s: a body of 1 MiB costs linear time, dripped', (framing) => {
  const { frame } = createFramer(framing)
  const [long, short] = [2 ** 20, 2 ** 10].map((length) => frame(JSON.stringify('x'.repeat(length))))
  expect(ratio(framing, long!, short!, 64)).toBeLessThan(generous)
})

it('many frames in one chunk cost linear time', () => {
  const { frame } = createFramer('content-length')
  const time = (chunks: number, count: number) => {
    const chunk = frame('{}').repeat(count)
    const began = performance.now()
    for (let i = 0; i < chunks; i++) {
      expect(feed(createFramer('content-length'), chunk)).toHaveLength(count)
    }
    return performance.now() - began
  }
  const best = (chunks: number, count: number) =>
    Math.min(...[1, 2, 3, 4, 5].map(() => time(chunks, count)))
  expect(best(1, 64_000) / best(64, 1_000)).toBeLessThan(generous)
})
