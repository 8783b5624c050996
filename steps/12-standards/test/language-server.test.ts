import { writeFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runInTurn } from '@rpc-steps/cli/processes'
import type { Json } from '@rpc-steps/async-await'
import { expect, onTestFinished, test } from 'vitest'
import { forJson, startLanguageServer } from '../src/index.ts'

const program = new URL('../hover.ts', import.meta.url).href

test('the program asks a real language server what it shows, and prints it', async () => {
  const ran = await runInTurn([
    { file: program, args: [] },
    { file: program, args: ['count'] },
    { file: program, args: ['nowhere'] },
  ])
  expect(ran.map(({ code, stdout, stderr }) => `${code} ${(stdout + stderr).trim()}`)).toEqual([
    '0 Keeps the processor busy.',
    '0 1, 2, 3 and so on.',
    expect.stringMatching(/^1 one of say, fetch, .*, not nowhere; --help says more$/),
  ])
  expect(ran.flatMap(({ left }) => left)).toEqual([])
})

const open = (uri: string, text: string) => ({ textDocument: { uri, languageId: 'json', version: 1, text } })

test('it says what it can, asks us what it needs, and ends in the order of its protocol', async () => {
  const asked: Json[] = []
  const schema = { properties: { a: { description: 'said by us', type: 'number' } } }
  const server = await startLanguageServer(forJson(), {
    'vscode/content': (params: Json) => {
      asked.push(params)
      return JSON.stringify(schema)
    },
  })
  expect(server.capabilities).toMatchObject({ hoverProvider: true })
  await server.peer.notify('textDocument/didOpen', open('course:///a.json', '{"$schema":"course:///s.json","a":1}'))
  const hover = await server.call('textDocument/hover', { textDocument: { uri: 'course:///a.json' }, position: { line: 0, character: 32 } })
  expect(JSON.stringify(hover)).toContain('said by us')
  expect(asked).toEqual([[expect.stringMatching(/^course:.*s\.json$/)]])
  await expect(server.call('textDocument/nothing', {})).rejects.toMatchObject({ code: -32601 })

  expect(await server.close()).toBe(0)
  await expect(server.call('textDocument/hover', {})).rejects.toThrow()
  expect(server.peer.stats.pending).toBe(0)
})

/** A program that is no language server. */
async function programOf(source: string) {
  const folder = await mkdtemp(join(tmpdir(), 'rpc-steps-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'program.mjs')
  await writeFile(file, source)
  return file
}

test.each<[string, string, RegExp]>([
  ['ends at once', '', /connection ended/],
  ['speaks otherwise', 'console.log("hello, I am no such thing"); process.stdin.resume()', /connection ended/],
  ['says nothing', 'process.stdin.resume(); setInterval(() => {}, 1000)', /Deadline exceeded/],
  ['refuses', `
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32002, message: 'not today' } })
    process.stdin.once('data', () => process.stdout.write('Content-Length: ' + body.length + '\\r\\n\\r\\n' + body)).resume()`, /not today/],
])('a program that %s is told from one, and is left nowhere', async (_, source, says) => {
  const file = await programOf(source)
  await expect(startLanguageServer(file, {}, 1500)).rejects.toThrow(says)
})

test('one that does not go when it is asked is ended', async () => {
  const file = await programOf(`
    process.stdin.on('data', (text) => {
      for (const [, id] of String(text).matchAll(/"id":(\\d+)/g)) {
        const body = JSON.stringify({ jsonrpc: '2.0', id: Number(id), result: { capabilities: {} } })
        process.stdout.write('Content-Length: ' + body.length + '\\r\\n\\r\\n' + body)
      }
    })
    setInterval(() => {}, 1000)`)
  const server = await startLanguageServer(file, {}, 1500)
  expect(await server.close()).toBe(null)
})
