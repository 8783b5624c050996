import { run, startServer } from '@rpc-steps/cli/processes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { calls, printed, words } from '../src/calls.ts'
import { noPython, python, startPython, startPythonServer } from '../src/python.ts'
import { steps } from '../src/steps.ts'

// On one's own machine it may be missing, where the build runs it may not.
it(python === undefined ? `the rest is skipped: ${noPython}` : `runs with ${python}`, () => {
  if (process.env['CI']) expect(python, noPython).toBeDefined()
})

describe.skipIf(python === undefined)('python-lsp-jsonrpc', () => {
  describe.concurrent.each(steps)('as client of $name', ({ server }) => {
    it('calls, notifies and gets errors', async () => {
      const running = await startServer(server)
      const { code, stdout, stderr } = await startPython('client.py', [String(running.port)]).exited
      await running.stop()
      expect(stderr).toBe('')
      expect(stdout.split(/\r?\n/)).toEqual([
        '"You said: é 漢 😀"',
        '19',
        '["hello",5]',
        '[30,20,10]',
        '6',
        '[-32601,"Method not found",null]',
        '[7,"no tea",[1]]',
        '',
      ])
      expect(code).toBe(0)
    })
  })

  describe('as server', () => {
    let server: Awaited<ReturnType<typeof startPythonServer>>
    beforeAll(async () => {
      server = await startPythonServer()
    })
    afterAll(() => server.stop())

    describe.concurrent.each(steps)('of the client of $name', ({ client }) => {
      it('answers', async () => {
        const args = ['--port', String(server.port), ...words(calls)]
        const { code, stdout, stderr } = await run(client, args)
        expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: printed(calls), stderr: '' })
      })

      it('answers with an error', async () => {
        const { code, stdout, stderr } = await run(client, ['--port', String(server.port), 'foobar'])
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
        expect(stderr).toMatch(/^foobar: [^\n]*-32601[^\n]*\n$/)
      })
    })
  })
})
