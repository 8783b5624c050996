import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { run } from '../src/processes.ts'

let folder: string
const at = (name: string) => join(folder, name)
const printed = async (name: string, ...args: string[]) => (await run(at(name), args)).stdout
const kept = () => readdirSync(at('node_modules/.cache/rpc-steps')).map(decodeURIComponent).sort()

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'rpc-steps-')))
  mkdirSync(at('node_modules'))
  mkdirSync(at('deep'))
  writeFileSync(at('package.json'), '{ "type": "module" }')
  writeFileSync(at('program.ts'), `import { what } from './deep/part.ts'\nconsole.log(what as string)\n`)
  writeFileSync(at('deep/part.ts'), `export const what: string = 'one'\n`)
})
afterEach(() => rmSync(folder, { recursive: true }))

it('what a program is made of is what lies there when it is started', async () => {
  expect(await printed('program.ts')).toBe('one\n')
  // Also when size and times say that nothing has changed.
  const { atime, mtime } = statSync(at('deep/part.ts'))
  writeFileSync(at('deep/part.ts'), `export const what: string = 'two'\n`)
  utimesSync(at('deep/part.ts'), atime, mtime)
  expect(await printed('program.ts')).toBe('two\n')
  rmSync(at('deep/part.ts'))
  expect(await run(at('program.ts'))).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('part.ts') as string })
})

it('what the name of a package stands for is looked up again', async () => {
  const names = (file: string) => JSON.stringify({ type: 'module', name: '@rpc-steps/own', exports: `./deep/${file}.ts` })
  writeFileSync(at('package.json'), names('part'))
  writeFileSync(at('deep/other.ts'), `export const what = 'other'\n`)
  writeFileSync(at('program.ts'), `import { what } from '@rpc-steps/own'\nconsole.log(what)\n`)
  expect(await printed('program.ts')).toBe('one\n')
  writeFileSync(at('package.json'), names('other'))
  expect(await printed('program.ts')).toBe('other\n')
})

it('it sees itself where it lies, and is told of its own arguments', async () => {
  writeFileSync(at('program.ts'), `import { here } from './deep/part.ts'
console.log(JSON.stringify([import.meta.url, here, 'import.meta.url', ...process.argv.slice(1)]))\n`)
  writeFileSync(at('deep/part.ts'), 'export const here = import.meta.url\n')
  const urls = ['program.ts', 'deep/part.ts'].map((name) => pathToFileURL(at(name)).href)
  const seen = [...urls, 'import.meta.url', at('program.ts'), 'a', '--b']
  const see = async () => JSON.parse(await printed('program.ts', 'a', '--b')) as unknown
  // Bundled anew, and as it was kept.
  expect([await see(), await see()]).toEqual([seen, seen])
})

it('an error tells the line of the source, and names of functions and classes are theirs', async () => {
  writeFileSync(at('program.ts'), `import { Odd as Other } from './deep/part.ts'
interface Gone { a: 1 }

class Odd extends Error {}
console.log(Odd.name, Other.name)
throw new Other('here')

console.log(Odd)\n`)
  writeFileSync(at('deep/part.ts'), 'export class Odd extends Error {}\n')
  const { code, stdout, stderr } = await run(at('program.ts'))
  expect([code, stdout]).toEqual([1, 'Odd Odd\n'])
  expect(stderr).toContain(`${at('program.ts')}:6\nthrow new Other('here')\n`)
  expect(stderr).toContain(`${at('program.ts')}:6:7`)
})

it('what imports a file that only it knows is run as well', async () => {
  writeFileSync(at('program.ts'), `const { what } = await import(process.argv[2]!) as { what: string }\nconsole.log(what)\n`)
  const { href } = pathToFileURL(at('deep/part.ts'))
  expect([await printed('program.ts', href), await printed('program.ts', href)]).toEqual(['one\n', 'one\n'])
})

it('many may start it at once, and what is gone is not kept', async () => {
  expect(await Promise.all(Array.from({ length: 5 }, () => printed('program.ts')))).toEqual(Array(5).fill('one\n'))
  expect(kept()).toEqual(['program.ts.mjs'])
  rmSync(at('program.ts'))
  writeFileSync(at('deep/second.ts'), 'console.log(2)\n')
  expect(await printed('deep/second.ts')).toBe('2\n')
  expect(kept()).toEqual([join('deep', 'second.ts.mjs')])
})
