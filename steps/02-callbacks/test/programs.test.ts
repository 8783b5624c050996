import { run, startServer } from '@rpc-steps/cli/processes'
import { expect, test } from 'vitest'
import { calling, connected, scripted } from './ends.ts'

const server = new URL('../server.ts', import.meta.url)
const client = new URL('../client.ts', import.meta.url)

test('the client prints results in the order of its calls, and fails if one has', async () => {
  const { port, stop } = await startServer(server)
  const words = ['sleep', '[40]', 'nonsense', 'say', '{"text":"Hello"}', 'get_data']
  const result = await run(client, ['--port', `${port}`, ...words])
  expect(result).toEqual({
    code: 1,
    signal: null,
    stdout: '40\n"You said: Hello"\n["hello",5]\n',
    stderr: 'nonsense: Method not found (-32601)\n',
  })
  await stop()
})

test('a lost connection is a clear error', async () => {
  const port = await scripted((peer) => void peer.message().then(() => peer.socket.destroy()))
  const result = await run(client, ['--port', `${port}`, 'say', '{"text":"Hello"}'])
  expect(result).toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'say: the connection ended before the reply came\n',
  })
})

test('nobody there is a clear error', async () => {
  const result = await run(client, ['--port', '1', 'get_data'])
  expect(result).toMatchObject({ code: 1, stdout: '' })
  expect(result.stderr).toMatch(/^nobody listens on 127\.0\.0\.1:1 .*\n$/)
})

test('a port in use is a clear error', async () => {
  const first = await startServer(server)
  const second = await run(server, ['--port', `${first.port}`])
  expect(second).toMatchObject({ code: 1, stdout: '' })
  expect(second.stderr).toMatch(/^127\.0\.0\.1:\d+ is in use .*\n$/)
  await first.stop()
})

test.skipIf(process.platform === 'win32')('SIGTERM ends it in order', async () => {
  const { port, process: child, exited } = await startServer(server)
  const [idle, busy] = [await connected({ port }), await connected({ port })]
  await calling(idle, 'add', [1, 1])
  const call = calling(busy, 'sleep', { ms: 100 })
  await calling(busy, 'add', [1, 1]) // the server has both
  child.kill('SIGTERM')
  expect(await call).toBe(100)
  expect(await exited).toEqual({ code: 0, signal: null })
})

test('after 10,000 calls nothing is left behind', async () => {
  // That the program ends is part of it: one timer or socket left open would keep it alive.
  const { code, stdout } = await run(new URL('programs/ten-thousand.ts', import.meta.url))
  expect(stdout).toBe('pending 0, unknownReplies 0, timers 0, connections 1\nended, connections 0\n')
  expect(code).toBe(0)
})
