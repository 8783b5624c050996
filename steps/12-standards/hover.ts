import { main, readCommandLine, UsageError } from '@rpc-steps/cli'
import type { Json } from '@rpc-steps/async-await'
import { contract, forJson, jsonSchema, startLanguageServer } from './src/index.ts'
import type { Contract } from './src/index.ts'

const usage = `hover.ts [METHOD]

Opens a document in a language server, the one for JSON of Visual Studio Code, and asks what it shows where
the mouse stands: on the name of a method. It knows the methods by our contract, which it asks us for.`

/** Whatever stands under the name of a method is that method's parameters. */
const schema: Json = {
  type: 'object',
  properties: Object.fromEntries(
    Object.entries<Contract[string]>(contract).map(([method, { says, params }]) => [method, { description: says, ...jsonSchema(params) }]),
  ),
}

await main(async () => {
  const [method = 'hash', ...more] = readCommandLine(usage, {}).words
  if (!Object.hasOwn(contract, method) || more.length > 0) throw new UsageError(`one of ${Object.keys(contract).join(', ')}, not ${[method, ...more].join(' ')}`)

  // While we wait for its answer it has a question of its own: both ends of a connection are alike.
  const server = await startLanguageServer(forJson(), { 'vscode/content': () => JSON.stringify(schema) })
  const uri = 'course:///calls.json'
  const lines = ['{', '  "$schema": "course:///contract.json",', `  "${method}": {}`, '}']
  await server.peer.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'json', version: 1, text: lines.join('\n') } })
  const position = { line: 2, character: 4 }
  const hover = (await server.call('textDocument/hover', { textDocument: { uri }, position })) as { contents: Json } | null
  console.log(hover ? textOf(hover.contents) : 'nothing')
  await server.close()
})

/** It may be a text, a list of them, or say beside it what kind of text it is. Markdown has a backslash before what it would take for its own. */
function textOf(contents: Json): string {
  if (Array.isArray(contents)) return contents.map(textOf).join('\n')
  if (typeof contents === 'object' && contents !== null) return String(contents['value'])
  return String(contents).replace(/\\(?=[^\w\s])/g, '')
}
