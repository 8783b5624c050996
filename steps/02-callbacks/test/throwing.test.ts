import { run, startServer } from '@rpc-steps/cli/processes'
import { DisconnectedError } from '@rpc-steps/wire'
import { describe, expect, test } from 'vitest'
import { tell } from '../src/index.ts'
import { calling, connected } from './ends.ts'

/** Tells a callback that throws. What it was told, what came out, and what was left for later. */
function told(callback: (error: Error | null, result: unknown) => void, error: Error | null, result?: unknown) {
  const seen: unknown[] = []
  const later: (() => void)[] = []
  const watched = (error: Error | null, result: unknown) => {
    seen.push(error ?? result)
    callback(error, result)
  }
  tell((job) => later.push(job), watched, error, result)
  return { seen, later }
}

describe('who calls back', () => {
  test('tells the result, or the error, and leaves nothing for later', () => {
    const lost = new Error('lost')
    expect(told(() => {}, null, 1)).toEqual({ seen: [1], later: [] })
    expect(told(() => {}, lost)).toEqual({ seen: [lost], later: [] })
  })

  test('goes on when a callback throws, and throws that later, at nobody', () => {
    const bug = new Error('a bug in a callback')
    const throwing = () => {
      throw bug
    }
    const { seen, later } = told(throwing, null, 1)
    expect(later, 'what is left for later').toHaveLength(1)
    expect(later[0]).toThrow(bug)
    expect(seen, 'what the callback was told').toEqual([1])
  })
})

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
