import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadCases } from '../src/cases.ts'
import { CommandError, startProgram, startServer, wordsOf } from '../src/command.ts'
import type { StartedServer } from '../src/command.ts'
import { textOf } from '../src/report.ts'
import { testServer } from '../src/session.ts'
import type { Subject } from '../src/session.ts'
import { usualAbilities } from '../src/stages.ts'

const quoted = (text: string) => `'${text}'`
const command = (way: string) => `${quoted(process.execPath)} ${quoted(fileURLToPath(new URL('program.mjs', import.meta.url)))} {port} ${quoted(way)}`
const framing = loadCases().filter(({ stage }) => stage === 'framing')

/** All that is said of a server that a command starts, and how often it was started. */
async function told(way: string, first = true): Promise<{ texts: string[]; notes: readonly string[]; starts: number }> {
  let server: StartedServer = await startServer(command(way), 10_000)
  let starts = 1
  const subject = () => ({ name: way, address: server.address, made: server.made, program: server, restart })
  const restart = async (): Promise<Subject & { made: StartedServer['made'] }> => {
    await server.stop()
    server = await startServer(command(way), 10_000)
    starts++
    return subject()
  }
  try {
    const { stages, notes } = await testServer(framing, subject(), { can: usualAbilities, first, timeout: 1000 })
    return { texts: stages.flatMap(({ findings }) => findings.map((finding) => textOf(finding))), notes: [...server.notes, ...notes], starts }
  } finally {
    await server.stop()
  }
}

const refusal = async (way: string) => {
  try {
    await (await startServer(command(way), 1500)).stop()
  } catch (error) {
    if (error instanceof CommandError) return error.message
    throw error
  }
  return ''
}

describe('the words of a command', () => {
  it.each([
    ['python3 my_server.py {port}', ['python3', 'my_server.py', '{port}']],
    ["a 'b c' d", ['a', 'b c', 'd']],
    ['a "b c"d', ['a', 'b cd']],
    ["  a ''  ", ['a', '']],
    ['--port={port}', ['--port={port}']],
  ])('%s', (text, words) => {
    expect(wordsOf(text)).toEqual(words)
  })

  it('says that a quote is not closed', () => {
    expect(() => wordsOf('a "b')).toThrow('a quote is not closed in: a "b')
  })
})

describe('a server that cannot be tested', () => {
  it('ends by itself: with which code, and what it said', async () => {
    expect(await refusal('exits')).toMatch(/^it ended by itself with exit code 3 before anything listened on port \d+; it printed on stderr: NameError: sokcet$/)
  })

  it('listens nowhere', async () => {
    expect(await refusal('does not listen')).toMatch(/^nothing listens on port \d+ of 127\.0\.0\.1 or \[::1\] after 1500 ms, and the program still runs; it printed nothing$/)
  })

  it.skipIf(process.platform !== 'linux')('listens on another port: on which', async () => {
    expect(await refusal('another port')).toMatch(/^it listens on port \d+, not on \d+, which took the place of \{port\}; it printed: ready$/)
  })

  it.skipIf(process.platform !== 'linux')('listens on another address', async () => {
    expect(await refusal('another address')).toMatch(/^it listens on port \d+, and not on 127\.0\.0\.1 or \[::1\], but on another address of this machine: let it listen on 127\.0\.0\.1; it printed nothing$/)
  })

  it('has a command without {port}', async () => {
    await expect(startServer('python3 server.py', 100)).rejects.toThrow('the command has no {port}')
  })

  it.skipIf(process.platform === 'win32')('is a file that may not be run', async () => {
    await expect(startProgram(`'${fileURLToPath(new URL('program.mjs', import.meta.url))}'`, {})).rejects.toThrow('it may not be run as a program; name what runs it before it')
  })

  it('is no program', async () => {
    await expect(startProgram('no-such-program', {})).rejects.toThrow('cannot start no-such-program: there is no such program')
  })
})

describe('a server that is started', () => {
  it('has ended after its first client: the next finds nobody', async () => {
    const { texts } = await told('one client')
    expect(texts[0]).toContain('Only the first client is served')
  })

  it('ends by itself: with which code and words, once, and the rest is asked of a new one', async () => {
    const { texts, starts } = await told('dies at a letter', false)
    expect(texts[0]).toContain('The server ended with exit code 1')
    expect(texts[0]).toContain('RangeError: no such letter')
    expect(texts[0]).toContain('first: a letter of two bytes')
    expect(texts.length).toBeLessThan(6)
    expect(starts).toBe(texts.length + 1)
  })

  it('hangs: that is said of what it hangs at', async () => {
    const { texts } = await told('hangs at a letter')
    expect(texts[0]).toMatch(/the server hangs: from then on it answers nobody/)
    expect(texts[0]).toContain('first: a letter of two bytes')
  })

  it('prints its answers', async () => {
    expect((await told('prints')).texts[0]).toContain('The answer is printed on stdout')
  })

  it('listens on IPv6 only: it is tested there, and told so', async (context) => {
    const there = createServer().listen(0, '::1')
    const [error] = await Promise.race([once(there, 'listening').then(() => [undefined]), once(there, 'error')])
    there.close()
    if (error !== undefined) context.skip('there is no IPv6 here')
    const { notes, texts } = await told('IPv6', false)
    expect(notes).toEqual(['it listens on [::1] only: a client that is told 127.0.0.1 does not find it'])
    expect(texts).toEqual([])
  })
})
