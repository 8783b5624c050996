import { run, startServer } from '@rpc-steps/cli/processes'
import { fiveFetches, play } from '@rpc-steps/cli/demo'
import { elapsed, spansOf, timesOf } from '@rpc-steps/trace'
import { expect } from 'vitest'
import { kernelTest } from './helpers.ts'

const step = new URL('../', import.meta.url)
const program = (name: string) => new URL(name, step)

kernelTest('serves, says that it listens, and ends when a signal asks for it', async () => {
  const running = await startServer(program('server.ts'))
  try {
    const words = ['sleep', '[50]', 'say', '{"text":"hello"}', 'fetch', '["/nowhere"]', 'get_data']
    expect(await run(program('client.ts'), ['--port', String(running.port), ...words])).toEqual({
      code: 1,
      signal: null,
      stdout: '50\n"You said: hello"\n["hello",5]\n',
      stderr: 'fetch: No such page (-32602): /nowhere\n',
    })
    const second = await run(program('server.ts'), ['--port', String(running.port)])
    expect(second).toMatchObject({ code: 1, stdout: '' })
    expect(second.stderr).toMatch(new RegExp(`^127\\.0\\.0\\.1:${running.port} is in use .*\\n$`))
    expect(await running.stop('SIGTERM')).toEqual({ code: 0, signal: null })
    expect(running.stderr()).toBe('')
  } finally {
    await running.stop('SIGKILL')
  }
})

kernelTest('five fetches wait at the same time, and the thread is asleep in one call meanwhile', async () => {
  const events = await play(step, { server: [], clients: fiveFetches.clients })
  const calls = timesOf(events)
  expect(calls).toHaveLength(5)
  expect(elapsed(calls)).toBeLessThan(calls.reduce((sum, { total }) => sum + total, 0))
  const asleep = spansOf(events).filter(({ cat }) => cat === 'kernel')
  expect(new Set(asleep.map(({ name }) => name))).toEqual(new Set(['io_uring_enter']))
})
