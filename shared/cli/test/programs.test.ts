import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { run, runInTurn, start, startServer } from '../src/processes.ts'
import type { Running } from '../src/processes.ts'

const fixture = (name: string) => new URL(`./fixtures/${name}.ts`, import.meta.url)
const step = new URL('../src/step.ts', import.meta.url)
const started: Running[] = []
/** Stopped when the tests are over, however they went. */
function own<T extends Running>(program: T): T {
  started.push(program)
  return program
}
afterAll(() => Promise.all(started.map((program) => program.stop('SIGKILL'))))
const isWindows = process.platform === 'win32'

describe('programs', { concurrent: true }, () => {
  describe('runInTurn', () => {
    const program = (name: string, ...args: string[]) => ({ file: fixture(name).href, args })

    it('says of each how it ended, what it said, and what it left open', async () => {
      const [dies, stubborn, again] = await runInTurn([program('dies'), program('stubborn'), program('dies')])
      expect(dies).toEqual({ code: 3, stdout: 'starting\n', stderr: 'no luck today\n', left: [] })
      expect(stubborn).toMatchObject({ code: 0, stdout: 'ready\n', left: expect.arrayContaining(['Timeout']) as unknown })
      expect(again).toEqual(dies)
    })

    it('says who hangs all of them', async () => {
      const hanging = runInTurn([program('dies'), program('hangs', '--and', 'on')], 10_000)
      await expect(hanging).rejects.toThrow(/hangs\.ts --and on did not come to an end/)
    })
  })

  describe('start', () => {
    it('gathers what the program prints, and tells how it ended', async () => {
      expect(await run(fixture('echo'), ['a b', '"', ''], 'line 1\nline 🙂\n')).toEqual({
        code: 0, signal: null, stdout: '["a b","\\"",""]\nline 1\nline 🙂\n', stderr: '',
      })
      expect(await run(fixture('dies'))).toMatchObject({ code: 3, stdout: 'starting\n', stderr: 'no luck today\n' })
    })

    it('printed: finds what was printed before it was asked for', async () => {
      const echo = own(start(fixture('echo'), ['x']))
      await echo.printed(/x/)
      expect((await echo.printed(/"(x)"/))[1]).toBe('x')
      expect(echo.stdout()).toBe('["x"]\n')
    })

    it('printed: rejects when the program ends first, and says why it ended', async () => {
      const program = own(start(fixture('dies')))
      await expect(program.printed(/never/)).rejects.toThrow(/ended with 3; stderr: no luck today$/)
      // Also when it has ended long since.
      await expect(program.printed(/never/)).rejects.toThrow('ended with 3')
      expect((await program.printed(/start/))[0]).toBe('start')
    })

    it('printed: waits no longer than it may', async () => {
      const program = own(start(fixture('stubborn')))
      await expect(program.printed(/never/, 50)).rejects.toThrow('did not print /never/ in 50 ms')
    })

    it.skipIf(isWindows)('stop: kills a program that does not end when asked', async () => {
      const program = own(start(fixture('stubborn')))
      await program.printed(/ready/)
      const killed = { code: null, signal: 'SIGKILL' }
      expect(await program.stop('SIGTERM', 100)).toEqual(killed)
      expect(await program.stop()).toEqual(killed)
    })

    it('run: kills a program that does not end in time', async () => {
      const { code, signal } = await run(fixture('stubborn'), [], '', 500)
      expect([code, signal]).toEqual([null, 'SIGKILL'])
    })
  })

  describe('startServer', () => {
    it('waits until the server listens, on a port of its own choice', async () => {
      const server = own(await startServer(fixture('server')))
      expect(server.host).toBe('127.0.0.1')
      expect(server.stdout()).toBe(`framing auto, threads 0\nlistening on 127.0.0.1:${server.port}\n`)
      const socket = connect(server.port, server.host)
      await once(socket, 'connect')
      socket.destroy()
      expect((await server.stop()).signal).toBe(isWindows ? 'SIGTERM' : null)
    })

    it('passes options on', async () => {
      const server = own(await startServer(fixture('server'), ['--framing', 'newline', '--threads', '2']))
      expect(server.stdout()).toContain('framing newline, threads 2')
    })

    it('rejects when the program ends before it listens, and says why', async () => {
      await expect(startServer(fixture('dies'))).rejects.toThrow(/ended with 3; stderr: no luck today$/)
    })

    it('rejects when the port is in use, with the one line that the server prints', async () => {
      const holder = createServer().listen(0, '127.0.0.1')
      await once(holder, 'listening')
      const { port } = holder.address() as AddressInfo
      await expect(startServer(fixture('server'), ['--port', String(port)])).rejects.toThrow(
        `ended with 1; stderr: 127.0.0.1:${port} is in use (EADDRINUSE): stop the program that has it, or take --port 0`,
      )
      holder.close()
    })
  })

  describe.skipIf(isWindows)('a server that waits for stopSignal', () => {
    it.each(['SIGINT', 'SIGTERM'] as const)('ends in order on %s', async (signal) => {
      const server = own(await startServer(fixture('server')))
      expect(await server.stop(signal)).toEqual({ code: 0, signal: null })
      expect(server.stdout()).toContain(`ends on ${signal}`)
    })

    it('ends at once when asked a second time, by either signal', async () => {
      const server = own(await startServer(fixture('server'), ['--threads', '8']))
      server.process.kill('SIGTERM')
      await server.printed(/ends on SIGTERM/)
      expect(await server.stop('SIGINT')).toEqual({ code: null, signal: 'SIGINT' })
    })
  })

  describe('a server that is started wrongly', () => {
    it.each([
      [['--port', '99999'], '--port must be a whole number from 0 to 65535, not "99999"'],
      [['--threads', 'x'], '--threads must be a whole number from 0 to 8, not "x"'],
      [['say'], 'nothing but options is taken here, not "say"'],
    ])('%j says so in one line', async (args, line) => {
      const { code, stdout, stderr } = await run(fixture('server'), args)
      expect([code, stdout, stderr]).toEqual([1, '', `${line}; --help says more\n`])
    })

    it('says what cannot be traced where', async () => {
      const { code, stderr } = await run(fixture('server'), ['--trace', 'no/such/folder/file'])
      expect([code, stderr.trimEnd().split('\n').length]).toEqual([1, 1])
      expect(stderr).toContain('ENOENT')
    })
  })

  describe('--help', () => {
    it.each([['server', '--help'], ['client', '-h']])('%s: lists the options on stdout', async (program, help) => {
      const { code, stdout, stderr } = await run(fixture(program), [help])
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(new RegExp(`^usage: ${program}.ts `))
      for (const option of ['--host HOST', '--port PORT', '--framing ', '--trace FILE']) expect(stdout).toContain(option)
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThan(100)
    })
  })

  describe('a client', () => {
    it('prints a result a line, an error on stderr, and ends with 1 when there was one', async () => {
      const good = await run(fixture('client'), ['--port', '7', 'say', '{"text":"é"}', '--framing', 'newline', 'sum', '[1]'])
      expect(good).toMatchObject({ code: 0, stderr: '' })
      expect(good.stdout).toBe('["say",{"text":"é"},7,"newline"]\n["sum",[1],7,"newline"]\n')
      const bad = await run(fixture('client'), ['fail', 'get_data'])
      expect(bad).toMatchObject({ code: 1, stderr: 'fail: no\n', stdout: '["get_data",null,8080,"content-length"]\n' })
    })

    it.each([
      [['--port', '0', 'say'], '--port must be a whole number from 1 to 65535, not "0"'],
      [['--framing', 'auto', 'say'], '--framing must be one of content-length, newline, not "auto"'],
      [['--hold', 'maybe', 'say'], '--hold must be one of no, yes, not "maybe"'],
      [[], `say which method to call, for example: say '{"text":"Hello"}'`],
    ])('%j is refused in one line', async (args, line) => {
      const { code, stdout, stderr } = await run(fixture('client'), args)
      expect([code, stdout, stderr]).toEqual([1, '', `${line}; --help says more\n`])
    })

    it('keeps to one line whatever is in the parameters', async () => {
      const { code, stderr } = await run(fixture('client'), ['say', '{"a":\n\n b}'])
      expect([code, stderr.match(/\n/g)?.length]).toEqual([1, 1])
    })

    it('--hold yes: says that it is ready, and calls when told to', async () => {
      const client = own(start(fixture('client'), ['--hold', 'yes', 'get_data']))
      await client.printed(/^ready$/m)
      expect(client.stdout()).toBe('ready\n')
      client.process.stdin!.end('\n')
      expect((await client.exited).code).toBe(0)
      expect(client.stdout()).toBe('ready\n["get_data",null,8080,"content-length"]\n')
    })
  })

  describe('npm run step', () => {
    it('starts the program of a step', async () => {
      const { code, stdout, stderr } = await run(step, ['4', 'client', '--help'])
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toContain('usage: client.ts')
    })

    it('passes on options, exit code and signals', async () => {
      const server = own(await startServer(step, ['4', 'server', '--port', '0']))
      const client = await run(step, ['04', 'client', '--port', String(server.port), 'say', '{"text":"a"}'])
      expect(client).toMatchObject({ code: 0, stdout: '"You said: a"\n' })
      const wrong = await run(step, ['4', 'client', '--port', String(server.port), 'foobar'])
      expect(wrong).toMatchObject({ code: 1, stderr: 'foobar: Method not found (-32601)\n' })
      await server.stop()
      const nobody = await run(step, ['4', 'client', '--port', String(server.port), 'say', '{}'])
      expect(nobody.code).toBe(1)
      expect(nobody.stderr).toMatch(/^[^\n]*\(ECONNREFUSED\)[^\n]*\n$/)
    })

    it.each([
      [[], 'say which step and which of its programs: 4 demo, for example'],
      [['4'], 'step 4 has the programs server, client, demo, on-our-own-loop'],
      [['4', 'sever'], 'step 4 has the programs server, client, demo, on-our-own-loop'],
      [['4', '../x'], 'step 4 has the programs server, client, demo, on-our-own-loop'],
      [['99', 'server'], 'there is no step "99"'],
      [['', 'server'], 'there is no step ""'],
      [['--wibble', '4'], "Unknown option '--wibble'"],
    ])('%j is refused in one line', async (args, line) => {
      const { code, stdout, stderr } = await run(step, args)
      expect([code, stdout, stderr]).toEqual([1, '', `${line}; --help says more\n`])
    })

    it('--help lists the steps', async () => {
      const { code, stdout } = await run(step, ['--help'])
      expect(code).toBe(0)
      expect(stdout).toMatch(/^usage: npm run step NUMBER -- server\|client\|demo\|\.\.\. \[options\]\n/)
      expect(stdout).toMatch(/^ {2}1 {2}blocking-sockets$/m)
    })
  })
})
