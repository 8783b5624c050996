import { getEventListeners } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, onTestFinished, test } from 'vitest'
import { Peer } from '../src/index.ts'
import { duplexPair } from './duplex-pair.ts'

function silent(): Peer {
  const [near, far] = duplexPair()
  far.resume()
  onTestFinished(() => void near.destroy())
  return new Peer(near)
}

test('of two calls with one signal the second still hears it when the first is settled', async () => {
  const [near, far] = duplexPair()
  const [peer, other] = [new Peer(near), new Peer(far, { handler: ({ method }) => method === 'quick' ? 1 : new Promise(() => {}) })]
  onTestFinished(() => other.destroy())
  const controller = new AbortController()
  const { signal } = controller
  const slow = peer.call('slow', [], { signal })
  expect(await peer.call('quick', [], { signal })).toBe(1)
  controller.abort(new Error('enough'))
  await expect(slow).rejects.toThrow('enough')
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('one abort ends all calls that were given the signal, and no other', async () => {
  const peer = silent()
  const [one, other] = [new AbortController(), new AbortController()]
  const calls = [one, one, other].map(({ signal }) => peer.call('x', [], { signal }))
  one.abort(new Error('enough'))
  await expect(Promise.all(calls.slice(0, 2))).rejects.toThrow('enough')
  expect(peer.stats).toMatchObject({ pending: 1, unanswered: 3 })
  other.abort()
  await Promise.allSettled(calls)
})

test('a signal that has been aborted is let go of', async () => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const peer = silent()
  const signals: WeakRef<AbortSignal>[] = []
  const giveUp = async () => {
    const controller = new AbortController()
    signals.push(new WeakRef(controller.signal))
    const call = peer.call('x', [], { signal: controller.signal })
    controller.abort()
    // Not by `expect`, which keeps what it has seen.
    return call.then(() => 'answered', () => 'given up')
  }
  for (let i = 0; i < 10; i++) expect(await giveUp()).toBe('given up')
  // What a turn has looked at lives until its end.
  await new Promise((resolve) => setImmediate(resolve))
  gc()
  expect(signals.filter((signal) => signal.deref()).length).toBeLessThan(5)
})
