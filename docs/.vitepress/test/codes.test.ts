import { expect, test } from 'vitest'
import { codes } from '@rpc-steps/wire'
import { filesUnder, textOf } from '../source.ts'

const sources = [...filesUnder('shared', '.ts'), ...filesUnder('steps', '.ts')].filter((file) => file.includes('/src/'))
/** What the code of the course replies with. */
const used = Object.entries(codes).flatMap(([name, code]) =>
  sources.some((file) => new RegExp(`\\bcodes\\.${name}\\b`).test(textOf(file))) ? [code] : [],
)
const listed = [...textOf('docs/wire.md').matchAll(/^\| (-\d+) \|/gm)].map(([, code]) => Number(code))

test('the page about the wire lists every code that is used, once, and no other', () => {
  expect(used.length).toBeGreaterThan(5)
  expect([...listed].sort()).toEqual([...used].sort())
})
