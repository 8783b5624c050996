import { createFramer } from '@rpc-steps/wire'
import { describe, expect, onTestFinished, test } from 'vitest'
import { DisconnectedError, Peer } from '../src/index.ts'
import type { PeerOptions } from '../src/index.ts'
import { duplexPair } from './duplex-pair.ts'

const note = (method: string) => createFramer('content-length').frame(JSON.stringify({ jsonrpc: '2.0', method }))

function connected(near: PeerOptions = {}, far: PeerOptions = {}): [Peer, Peer] {
  const [a, b] = duplexPair()
  const peers: [Peer, Peer] = [new Peer(a, near), new Peer(b, far)]
  onTestFinished(() => peers.forEach((peer) => peer.destroy()))
  return peers
}

describe('a notification', () => {
  test('one that nobody awaits is no crash when the connection has ended', async () => {
    const unhandled: unknown[] = []
    const hear = (reason: unknown) => unhandled.push(reason)
    const before = process.rawListeners('unhandledRejection') as ((reason: unknown) => void)[]
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', hear)
    onTestFinished(() => {
      process.off('unhandledRejection', hear)
      for (const listener of before) process.on('unhandledRejection', listener)
    })
    const [peer] = connected()
    peer.destroy()
    void peer.notify('nobody hears this')
    // Node reports what nobody has handled when its microtasks are done.
    await new Promise((resolve) => setImmediate(resolve))
    expect(unhandled).toEqual([])
  })

  test('that is awaited says that the connection has ended', async () => {
    const [peer] = connected()
    peer.destroy()
    await expect(peer.notify('nobody hears this')).rejects.toBeInstanceOf(DisconnectedError)
  })

  test('that waits for room says so when the connection is lost', async () => {
    const [near] = duplexPair()
    const peer = new Peer(near, { highWater: 10 })
    void peer.notify('first')
    const second = peer.notify('second')
    near.destroy()
    await expect(second).rejects.toBeInstanceOf(DisconnectedError)
  })
})

describe('listeners', () => {
  test('hear what they asked for, past the handler, until they are let go of', async () => {
    const [near, far] = duplexPair()
    const handled: string[] = []
    const peer = new Peer(near, { handler: ({ method }) => void handled.push(method) })
    onTestFinished(() => peer.destroy())
    const heard: string[] = []
    const first = peer.onNotification('note', () => heard.push('first'))
    peer.onNotification('note', () => heard.push('second'))
    far.write(note('note') + note('other'))
    await expect.poll(() => handled).toEqual(['other'])
    expect(heard).toEqual(['first', 'second'])
    first()
    far.write(note('note') + note('other'))
    await expect.poll(() => handled).toEqual(['other', 'other'])
    expect(heard).toEqual(['first', 'second', 'second'])
  })

  test('one that throws is logged, and the others hear all the same', async () => {
    const lines: string[] = []
    const [near, far] = connected({}, { log: (line) => lines.push(line) })
    const heard: unknown[] = []
    far.onNotification('note', () => { throw new Error('oops') })
    far.onNotification('note', (params) => heard.push(params))
    await near.notify('note', [1])
    await near.notify('note', [2])
    await expect.poll(() => heard).toEqual([[1], [2]])
    expect(lines).toHaveLength(2)
    expect(lines[0]).toContain('a listener failed: Error: oops')
  })
})

describe('a call that is given up', () => {
  test('is told to whoever listens if it was sent, and only then', async () => {
    const [near] = connected({ window: 1 }, { handler: () => new Promise(() => {}) })
    const abandoned: number[] = []
    const stop = near.onAbandoned((id) => abandoned.push(id))
    const controllers = [1, 2, 3].map(() => new AbortController())
    const calls = controllers.map(({ signal }) => near.call('x', [], { signal }))
    controllers[1]!.abort()
    expect(abandoned, 'it was waiting').toEqual([])
    controllers[0]!.abort()
    expect(abandoned).toEqual([1])
    stop()
    controllers[2]!.abort()
    expect(abandoned).toEqual([1])
    for (const { status } of await Promise.allSettled(calls)) expect(status).toBe('rejected')
  })
})
