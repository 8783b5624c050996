import { expect, test } from 'vitest'
import { textOf } from '../source.ts'

const chapter = textOf('docs/steps/07-deadlines/index.md')
const table = /^\| the cancel comes[\s\S]*?\n\n/m.exec(chapter)![0].trim().split('\n').slice(2)

/** Every test in a file of step 07, by the names that it begins with. */
const testsIn = (file: string) =>
  [...textOf(`steps/07-deadlines/${file}`).matchAll(/\btest\((['"])(.+?)\1,/g)].map(([, , name = '']) => name)

test.each(table)('a race has a test that is there: %s', (row) => {
  const [name = '', file = 'test/cancel.test.ts'] = [...row.split('|').at(-2)!.matchAll(/`([^`]+)`/g)].map((match) => match[1])
  expect(testsIn(file).filter((title) => title.startsWith(name)), name).not.toEqual([])
})
