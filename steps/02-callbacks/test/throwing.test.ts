import { run, startServer } from '@rpc-steps/cli/processes'
import { DisconnectedError } from '@rpc-steps/wire'
import { expect, test } from 'vitest'
import { calling, connected } from './ends.ts'

const program = (name: string) => new URL(`programs/${name}.ts`, import.meta.url)

test.each([
  ['a result', 'reply'],
  ['DisconnectedError', 'disconnect'],
])('callbacks that throw do not rob the others of %s', async (outcome, how) => {
  const { stdout } = await run(program('throwing-callbacks'), [how])
  const told = [1, 2, 3].map((i) => `told ${i}: ${outcome}\n`)
  const uncaught = [1, 2, 3].map((i) => `uncaught: thrown by ${i}\n`)
  expect(stdout).toBe([...told, ...uncaught].join(''))
})

test('must fail: a handler that throws later takes the whole process down', async () => {
  const server = await startServer(program('late-throw'))
  const bystander = await connected(server)
  const waiting = calling(bystander, 'sleep', { ms: 10_000 }).catch((e: unknown) => e)
  await calling(bystander, 'add', [1, 1]) // the server has both
  const call = calling(await connected(server), 'explode').catch((e: unknown) => e)

  const { code } = await server.exited
  expect(code).toBe(1)
  expect(server.stderr()).toContain('thrown in a callback')
  expect(await call).toBeInstanceOf(DisconnectedError)
  expect(await waiting).toBeInstanceOf(DisconnectedError)
})
