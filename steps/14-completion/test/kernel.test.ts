import { existsSync, readdirSync } from 'node:fs'
import { syscalls } from '@rpc-steps/sockets'
import { DisconnectedError } from '@rpc-steps/wire'
import { expect, test } from 'vitest'
import { answer, connect, listen, Loop } from '../src/index.ts'
import type { LoopOptions } from '../src/index.ts'
import { kernelTest, RawPeer, serveHere, turnUntil, until } from './helpers.ts'

const fds = () => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0)
const large = 'x'.repeat(3_000_000)

kernelTest('a thousand connections that leave in the middle of a send leave nothing behind', async () => {
  const { server, errors, idle } = serveHere((_, respond) => respond(null, 'x'.repeat(300_000)))
  const before = fds()
  for (let group = 0; group < 10; group++) {
    const peers = await Promise.all(Array.from({ length: 100 }, () => RawPeer.connect(server.port)))
    for (const [i, peer] of peers.entries()) {
      peer.socket.pause()
      peer.send([1, 'large'])
      peer.socket.once('readable', () => (i % 2 ? peer.socket.resetAndDestroy() : peer.socket.destroy()))
    }
    await until(idle)
  }
  expect(errors).toEqual([])
  await until(() => fds() <= before)
})

kernelTest('megabytes reach whoever reads late, in their order', async () => {
  const { server, idle } = serveHere()
  const peer = await RawPeer.connect(server.port)
  peer.socket.pause()
  for (let id = 1; id <= 5; id++) peer.send([id, 'say', [`${id}`.repeat(3_000_000)]])
  await until(() => peer.socket.writableLength === 0 || peer.socket.bytesWritten > 3_000_000)
  peer.socket.resume()
  await until(() => peer.replies.length === 5)
  expect(peer.replies.map(({ result }) => result === `You said: ${`${result}`.at(-1)!.repeat(3_000_000)}`)).toEqual(Array(5).fill(true))
  expect(peer.replies.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5])
  peer.socket.end()
  await until(idle)
})

kernelTest('two ends that both have megabytes to send do not wait for each other', () => {
  const loop = new Loop()
  const server = listen(loop, answer)
  const lengths: unknown[] = []
  connect(loop, server, (error, client) => {
    if (error) throw error
    for (let i = 0; i < 10; i++) client.call('say', [large], (error, text) => lengths.push(error ?? String(text).length))
  })
  turnUntil(loop, () => lengths.length === 10)
  expect(lengths).toEqual(Array(10).fill('You said: '.length + large.length))
  loop.close()
})

// What is too small for all who come at once: each of these ends, or is full, again and again.
const small: [string, LoopOptions][] = [
  ['two buffers', { buffers: 2, bufferSize: 64 }],
  ['a submission ring of one', { entries: 1 }],
  ['a completion ring of two', { entries: 1, completions: 2 }],
]
kernelTest.each(small)('with %s, two hundred are answered at once', async (_, options) => {
  const { server, errors, idle } = serveHere(undefined, options)
  const peers = await Promise.all(Array.from({ length: 200 }, () => RawPeer.connect(server.port)))
  for (const [i, peer] of peers.entries()) peer.send([1, 'say', ['é'.repeat(i)]], [2, 'add', [i, 1]])
  await until(() => peers.every(({ replies }) => replies.length === 2))
  expect(peers.map(({ replies }) => replies[1]!.result)).toEqual(peers.map((_, i) => i + 1))
  for (const { socket } of peers) socket.end()
  await until(idle)
  expect(errors).toEqual([])
})

kernelTest('who sends much and reads nothing is not read for ever, and the others are served', async () => {
  const { server, loop, idle } = serveHere()
  const flood = await RawPeer.connect(server.port)
  flood.socket.pause()
  const requests = Array.from({ length: 200 }, (_, id): [number, string, string[]] => [id, 'say', ['x'.repeat(100_000)]])
  flood.send(...requests)
  const other = await RawPeer.connect(server.port)
  other.send([1, 'add', [1, 2]])
  await until(() => other.replies.length === 1)
  flood.socket.resume()
  await until(() => flood.replies.length === 200)
  for (const { socket } of [flood, other]) socket.end()
  await until(idle)
  expect(loop.buffers.out).toBe(0)
})

kernelTest('whoever has sent his last byte still gets his answers', async () => {
  const { server, idle } = serveHere()
  const peer = await RawPeer.connect(server.port)
  peer.send([1, 'sleep', [20]], [2, 'say', ['x']])
  peer.socket.end()
  await until(() => peer.ended)
  expect(peer.replies.map(({ id }) => id)).toEqual([2, 1])
  await until(idle)
})

kernelTest('10,000 calls on one connection leave nothing behind', async () => {
  const { server, loop, idle } = serveHere()
  const before = fds()
  const peer = await RawPeer.connect(server.port)
  for (let i = 0; i < 100; i++) {
    peer.send(...Array.from({ length: 100 }, (_, n): [number, string, number[]] => [i * 100 + n, n % 10 ? 'add' : 'sleep', [1, n]]))
  }
  await until(() => peer.replies.length === 10_000)
  peer.socket.end()
  await until(idle)
  await until(() => fds() <= before)
  server.close()
  await until(() => !loop.alive)
})

kernelTest('a connection that is refused says by whom, and gives its file descriptor back', () => {
  const loop = new Loop()
  const before = fds()
  const told: unknown[] = []
  connect(loop, { port: 1 }, (error) => told.push(error))
  expect(told).toEqual([])
  turnUntil(loop, () => told.length === 1)
  expect(told[0]).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', address: '127.0.0.1', port: 1 })
  expect(fds()).toBe(before)
  loop.close()
})

kernelTest('a client that is destroyed with a send in flight tells its callers, and the loop comes to its end', () => {
  const loop = new Loop()
  const server = listen(loop, (_, respond) => respond(null, large))
  const told: unknown[] = []
  connect(loop, server, (error, client) => {
    if (error) throw error
    client.call('x', [large], (error) => told.push(error))
    loop.beforeSleep(() => client.destroy())
  })
  turnUntil(loop, () => told.length === 1)
  expect(told[0]).toBeInstanceOf(DisconnectedError)
  server.close()
  turnUntil(loop, () => !loop.alive)
  expect(loop.buffers.out).toBe(0)
  loop.close()
})

test.each([
  [-1, 'io_uring_setup says EPERM: it is switched off here: see the sysctl kernel.io_uring_disabled, or what your container forbids'],
  [-38, 'io_uring_setup says ENOSYS: it is switched off here: see the sysctl kernel.io_uring_disabled, or what your container forbids'],
  [-22, 'io_uring_setup says EINVAL: it needs Linux 6.1 or later'],
])('where there is no io_uring, a line says why (%i)', (errno, message) => {
  const uring = { ...syscalls.uring!, setup: () => errno }
  expect(() => new Loop({ syscalls: { ...syscalls, uring } })).toThrow(expect.objectContaining({ code: 'ERR_NO_URING', message }))
})
