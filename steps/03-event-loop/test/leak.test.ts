import { existsSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { RawPeer, serveHere, until } from './helpers.ts'

test('10,000 calls on one connection leave nothing behind', async () => {
  const fds = () => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0)
  const { server, loop } = serveHere()
  const before = fds()
  const peer = await RawPeer.connect(server.port)
  for (let i = 0; i < 100; i++) {
    const base = i * 100
    peer.send(
      ...Array.from({ length: 100 }, (_, n): [number, string, number[]] =>
        n % 10 === 0 ? [base + n, 'sleep', [1]] : [base + n, 'add', [n, 1]],
      ),
    )
  }
  await until(() => peer.replies.length === 10_000)
  peer.socket.end()
  await until(() => server.connections === 0 && peer.closed)
  expect(fds()).toBe(before)
  server.close()
  await until(() => !loop.alive)
})
