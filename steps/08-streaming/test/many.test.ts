import { setTimeout as delay } from 'node:timers/promises'
import { answer } from '@rpc-steps/async-await'
import type { Handler, Json, Peer } from '@rpc-steps/async-await'
import { deadlined } from '@rpc-steps/deadlines'
import { expect, test } from 'vitest'
import { stream, streamed, streaming, streams, upload } from '../src/index.ts'
import { all, dial, open, served, turn } from './support.ts'

const service = streaming(answer)

async function* texts(count: number, size: number): AsyncGenerator<string> {
  for (let n = 0; n < count; n++) yield String(n % 10).repeat(size)
}

/** The other end of each connection calls back. */
async function pair(handler: Handler): Promise<[Peer, Peer]> {
  const at = await served(service)
  const here = await dial(at, { handler })
  await here.call('say', { text: 'hello' })
  return [here, [...at.peers][0]!]
}

test('two ends that stream megabytes to each other at once, each slow: both get all', async () => {
  const [here, there] = await pair(deadlined(streamed(service)))
  const echo = async (peer: Peer) => {
    let count = 0
    for await (const text of stream(peer.call, 'echo', undefined, { up: texts(300, 50_000), credit: 8 })) {
      expect(text).toHaveLength(50_000)
      if (++count % 50 === 0) await delay(5) // this end is slow
    }
    return count
  }
  expect(await Promise.all([here, there, here, there].map(echo))).toEqual([300, 300, 300, 300])
  await expect.poll(() => open([here, there])).toEqual([0, 0])
})

test('a thousand streams on one connection, both ways, among a thousand calls', async () => {
  const [here, there] = await pair(deadlined(streamed(service)))
  const jobs = Array.from({ length: 1000 }, async (_, i) => {
    const [from] = i % 2 ? [here] : [there]
    const up = Array.from({ length: i % 7 }, (_, n) => n)
    const [got, sum, said] = await Promise.all([
      all(stream(from.call, 'count', { to: i % 50 }, { credit: 1 + (i % 5) })),
      upload(from.call, 'total', undefined, up),
      from.call('add', [i, 1]),
    ])
    return [got.length, sum, said]
  })
  const sums = [0, 0, 1, 3, 6, 10, 15]
  const expected = Array.from({ length: 1000 }, (_, i) => [i % 50, sums[i % 7], i + 1])
  expect(await Promise.all(jobs)).toEqual(expected)
  await expect.poll(() => open([here, there])).toEqual([0, 0])
})

test('many streams of large items to one who takes nothing: what waits is bounded, and all comes in the end', async () => {
  const at = await served(() => texts(20, 100_000))
  const here = await dial(at)
  const readers = Array.from({ length: 50 }, () => stream(here.call, 'x', undefined, { credit: 1 })[Symbol.asyncIterator]())
  await expect.poll(() => [...at.peers][0]!.stats.requests).toBe(50)
  let most = 0
  const drains = readers.map(async (reader) => {
    let bytes = 0
    for (let next; !(next = await reader.next()).done; ) {
      bytes += (next.value as string).length
      most = Math.max(most, [...at.peers][0]!.stats.held)
    }
    return bytes
  })
  expect(new Set(await Promise.all(drains))).toEqual(new Set([2_000_000]))
  expect(most).toBeLessThan(1_000_000)
})

test('a reader who stops keeps nobody else waiting', async () => {
  const peer = await dial(await served(service))
  const stopped = stream(peer.call, 'count', { to: 1e9 }, { credit: 1_000 })[Symbol.asyncIterator]()
  await stopped.next()
  const quick = await all(stream(peer.call, 'count', { to: 10_000 }))
  expect(quick).toHaveLength(10_000)
  expect(await peer.call('add', [1, 2])).toBe(3)
  await stopped.return!()
})

test('streams that end at random moments, a thousand of them: nothing is left on either end', async () => {
  const at = await served(service)
  const peer = await dial(at)
  const { signal } = new AbortController()
  const one = async (i: number) => {
    const call = i % 3 === 0 ? deadlined(peer.call, Math.random() * 20) : peer.call
    const up = i % 2 ? { up: texts(1e6, 10) } : {}
    const some: Json[] = []
    try {
      for await (const item of stream(call, i % 2 ? 'echo' : 'count', i % 2 ? undefined : { to: 1e6 }, { credit: 1 + (i % 20), signal, ...up })) {
        if (some.push(item) > Math.random() * 200) break
      }
    } catch (error) {
      expect(error).toMatchObject({ code: -32008 })
    }
  }
  for (let begun = 0; begun < 1000; begun += 100) await Promise.all(Array.from({ length: 100 }, (_, i) => one(begun + i)))
  await expect.poll(() => [...open(at.peers), ...open([peer])]).toEqual([0, 0])
  await expect.poll(() => [peer, ...at.peers].map(({ stats }) => stats.unanswered + stats.requests + stats.handling)).toEqual([0, 0])
  expect(streams(peer).calls.size).toBe(0)
})

test('however many streams there are, all of them together make one message in a turn', async () => {
  const text = 'x'.repeat(1000)
  let made = 0
  const at = await served(async function* () {
    for (let n = 0; n < 100; n++) {
      made++
      yield text
    }
  })
  const peer = await dial(at)
  const jobs = Promise.all(Array.from({ length: 50 }, () => all(stream(peer.call, 'x', undefined, { credit: 100 }))))
  let most = 0
  let over = false
  void jobs.then(() => (over = true))
  for (let before = 0; !over; before = made) {
    await turn()
    most = Math.max(most, made - before)
  }
  for (const items of await jobs) expect(items).toHaveLength(100)
  // Each of the fifty has made one item more than it has place for, and a message has sixteen.
  expect(most).toBeLessThan(100)
})
