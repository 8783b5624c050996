import { expect, test } from 'vitest'
import { drawn } from '../words/sketch.ts'

const rows = `the client
  idle 0 100
  run 0 50 calls <you>
  request 50 60
-
  handle 60 100
`

test('a sketch has each mark at its time, and each row below the one before', () => {
  const svg = drawn(rows, 'A "call".')
  const attribute = (of: string, name: string) =>
    Number(new RegExp(`${of}[^>]* ${name}="([\\d.]+)"`).exec(svg)?.[1])
  const [all, run] = [attribute('state idle', 'x2') - attribute('state idle', 'x1'), attribute('state run', 'width')]
  expect(run / all).toBeCloseTo(0.5)
  expect(attribute('message', 'x1')).toBe(attribute('state run', 'x') + run)
  expect(attribute('state handle', 'x')).toBe(attribute('message', 'x2'))
  const below = attribute('state run', 'y') + attribute('state run', 'height')
  expect(attribute('message', 'y1')).toBeGreaterThan(below)
  expect(attribute('message', 'y2')).toBeGreaterThan(attribute('message', 'y1'))
  expect(attribute('state handle', 'y')).toBeGreaterThan(attribute('message', 'y2'))
})

test('a sketch says in words what there is to see', () => {
  const svg = drawn(rows, 'A "call".')
  expect(svg).toContain('role="img" aria-label="A &#34;call&#34;."')
  expect(svg).toContain('>calls &#60;you&#62;</text>')
})

test.each(['the client\n  runs 0 50', 'the client\n  run 0', '  run 0 50', ''])('%j is no sketch', (text) => {
  expect(() => drawn(text, 'nothing')).toThrow(/^a sketch has no such line: /)
})

test('an arrow under the last row leads nowhere, and is an error', () => {
  expect(() => drawn('the client\n  request 10 20', 'nothing')).toThrow(/^a sketch has no row below its last/)
})
