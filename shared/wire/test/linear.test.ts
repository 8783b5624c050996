import { expect, it } from 'vitest'
import { createFramer } from '../src/index.ts'
import type { Framing } from '../src/index.ts'
import { feed } from './support.ts'

const generous = 8

const timed = (work: () => void) => {
  const began = performance.now()
  work()
  return performance.now() - began
}

/**
 * How many times as long one piece of work takes as another: about as long, when both are linear;
 * hundreds of times, when the first is not. Each counts with its best of several tries, which end
 * when they have shown it, so that what else this machine does hardly counts.
 */
function ratio(work: () => void, unit: () => void): number {
  let fastest = Math.min(...Array.from({ length: 5 }, () => timed(unit)))
  let best = Infinity
  for (let tries = 0; tries < 20 && best >= generous * fastest; tries++) {
    best = Math.min(best, timed(work))
    fastest = Math.min(fastest, timed(unit))
  }
  return best / fastest
}

/** The same for dripping one long frame, and as many bytes in short ones. */
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
  return ratio(drip(long), drip(short.repeat(Math.ceil(long.length / short.length))))
}

it('a header that never ends costs linear time, dripped byte by byte', () => {
  const short = `X-Short: ${'x'.repeat(70)}\r\nContent-Length: 0\r\n\r\n`
  expect(drips('content-length', 'X-Long: ' + 'x'.repeat(20_000), short, 1)).toBeLessThan(generous)
})

it('a length that never ends costs linear time, dripped byte by byte', () => {
  const { frame } = createFramer('content-length')
  expect(drips('content-length', 'Content-Length: ' + '0'.repeat(20_000), frame('x'.repeat(70)), 1)).toBeLessThan(generous)
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
  expect(ratio(read(1, 64_000), read(64, 1_000))).toBeLessThan(generous)
})
