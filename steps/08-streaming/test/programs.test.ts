import { run, startServer } from '@rpc-steps/cli/processes'
import type { RunningServer } from '@rpc-steps/cli/processes'
import { describe, expect, it, onTestFinished } from 'vitest'
import { stream } from '../src/index.ts'
import { dial } from './support.ts'

const server = new URL('../server.ts', import.meta.url)
const client = new URL('../client.ts', import.meta.url)

async function started(...args: string[]): Promise<RunningServer> {
  const running = await startServer(server, args)
  onTestFinished(() => void running.stop('SIGKILL'))
  return running
}

const lines = (...all: unknown[]) => all.map((line) => `${JSON.stringify(line)}\n`).join('')

describe('the client', () => {
  it('prints the pieces as they come, and what comes whole in one line', async () => {
    const { port } = await started()
    const asked = (...words: string[]) => run(client, ['--port', String(port), ...words])
    const [pieces, whole, both, sum] = await Promise.all([
      asked('--credit', '2', 'count', '[3]'),
      asked('count', '[3]'),
      asked('--credit', '1', '--up', '3', 'echo'),
      asked('--up', '4', 'total'),
    ])
    expect(pieces).toMatchObject({ code: 0, stdout: lines(1, 2, 3) })
    expect(whole).toMatchObject({ code: 0, stdout: lines([1, 2, 3]) })
    expect(both).toMatchObject({ code: 0, stdout: lines(1, 2, 3) })
    expect(sum).toMatchObject({ code: 0, stdout: lines(10) })
  })

  it('says what is wrong: with what cannot come whole, what is no stream, what takes too long, and its own options', async () => {
    const { port } = await started()
    const asked = async (...words: string[]) => {
      const { code, stdout, stderr } = await run(client, ['--port', String(port), ...words])
      return `${code} ${stdout.replaceAll('\n', ' ')}${stderr}`
    }
    expect(await asked('count', '[1001]')).toMatch(/^1 count: Invalid params \(-32602\): over 1000 items/)
    expect(await asked('--credit', '9', 'say', '["a"]')).toBe('1 say: the answer to say came whole: it is no stream (-32603)\n')
    expect(await asked('echo')).toMatch(/^1 echo: Invalid params \(-32602\): this method reads a stream/)
    expect(await asked('--credit', '9', '--timeout', '700', 'feed', '[60000,3]')).toMatch(/^1 feed: Deadline exceeded \(-32008\)/)
    expect(await asked('--credit', '0', 'count', '[3]')).toMatch(/^1 --credit must be/)
  })
})

describe('the server', () => {
  it('that is asked to end finishes the streams that it has begun, and takes no more', async () => {
    const running = await started()
    const peer = await dial(running)
    const reader = stream(peer.call, 'count', { to: 1000 }, { credit: 100 })[Symbol.asyncIterator]()
    await reader.next()
    const stopped = running.stop()
    await expect.poll(() => peer.call('add', [1, 2]).catch((error: { code: number }) => error.code)).toBe(-32014)
    let count = 1
    while (!(await reader.next()).done) count++
    expect(count).toBe(1000)
    expect(await stopped).toEqual({ code: 0, signal: null })
  })
})

it('many calls and items leave nothing behind', async () => {
  const { stdout } = await run(new URL('../soak.ts', import.meta.url), ['--calls', '20000', '--items', '200000'])
  expect(stdout).toContain('; 0 left in tables')
})
