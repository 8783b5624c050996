import { run, startServer } from '@rpc-steps/cli/processes'
import { expect, onTestFinished, test } from 'vitest'

const program = (name: string) => new URL(`../${name}.ts`, import.meta.url)

test.each(['aimd', 'vegas'])('the server that learns by %s answers, and ends when it is told', async (learn) => {
  const server = await startServer(program('server'), ['--learn', learn])
  onTestFinished(() => server.stop().then(() => {}))
  const calls = ['say', '{"text":"hi"}', 'hash', '["abc",1]']
  const { code, stdout } = await run(program('client'), ['--port', String(server.port), ...calls])
  expect(code).toBe(0)
  expect(stdout).toContain('"You said: hi"')
  expect(stdout).toContain('ba7816bf8f01cfea')
  expect(await server.stop()).toMatchObject({ code: 0 })
  expect(server.stderr()).toBe('')
})

test('with a fixed limit of one, of three at once one is served and two are told that it is too much', async () => {
  const server = await startServer(program('server'), ['--learn', 'no', '--start', '1'])
  onTestFinished(() => server.stop().then(() => {}))
  const { code, stdout, stderr } = await run(program('client'), [
    '--port', String(server.port), 'sleep', '[50]', 'sleep', '[50]', 'sleep', '[50]',
  ])
  expect(code).toBe(1)
  expect((stdout + stderr).match(/-32029/g)).toHaveLength(2)
})

test('a real server that is asked for twice as much as it can do keeps what is promised, with room for a busy machine', async () => {
  const args = ['--seconds', '6', '--leeway', '50']
  const { code, stdout, stderr } = await run(program('steady'), args, '', 110_000)
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' })
  expect(stdout.match(/^kept/gm)).toHaveLength(2)
})
