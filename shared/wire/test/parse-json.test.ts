import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson } from '../src/parse-json.ts'
import { ratio } from './support.ts'

/** What JSON.parse makes of it, or that it throws. */
const outcome = (parse: (text: string) => unknown, text: string) => {
  try {
    return { value: parse(text) }
  } catch (error) {
    return { name: (error as Error).name }
  }
}
const long = 'x'.repeat(2_000)

it('is JSON.parse for whatever stands around and inside of a long text', () => {
  const piece = fc.constantFrom('é', '漢', 'ł', '🙂', '\\u0000', '\\n', '\n', '\t', '\x1f', '\x7f', '"', '"a":', ',', '{', ']')
  const inside = fc.array(fc.tuple(piece, fc.nat(2_000)), { maxLength: 2 })
  const around = fc.tuple(
    fc.constantFrom('', '{"a":', '[', '{"a":{"b":[1,null,', '{"id":1,"params":{"text":', '{"', '{"__proto__":', '{"a":"\\u0000","b":'),
    fc.constantFrom('', '}', ']', ']}}', '}}', '":1}', ',"a":1}', ',"b":"x"}', ':1}', `,"b":"${long}"}`),
  )
  fc.assert(
    fc.property(inside, around, (inside, [before, after]) => {
      const text = inside.reduce((text, [p, at]) => text.slice(0, at) + p + text.slice(at), long)
      const json = `${before}"${text}"${after}`
      expect(outcome(parseJson, json)).toEqual(outcome(JSON.parse, json))
    }),
    { numRuns: 5_000 },
  )
})

describe('is JSON.parse for', () => {
  it.each([
    ['a text alone', `"${long}"`],
    ['a member', `{"jsonrpc":"2.0","id":1,"method":"say","params":{"text":"${long}"}}`],
    ['the name of a member', `{"${long}":1}`],
    ['a member that comes twice', `{"a":"${long}","a":1}`],
    ['a member that is meant twice', `{"a":1,"a":"${long}"}`],
    ['a member called __proto__', `{"__proto__":"${long}"}`],
    ['an item of a list in a list', `[null,["${long}"]]`],
    ['one behind many', `[${'"a",'.repeat(100)}"${long}"]`],
    ['one that does not end', `{"a":"${long}`],
    ['one too large to be looked at', `{"a":"${'x'.repeat(100_000)}"}`],
    ['one that is followed by another', `["${long}","${long}"]`],
    ['one with a line feed', `{"a":"${long}\n"}`],
    ['one of two bytes a character', `{"a":"${long}ł"}`],
  ])('%s', (_, text) => expect(outcome(parseJson, text)).toEqual(outcome(JSON.parse, text)))
})

it('is not deep in itself, whatever stands beside the long text', () => {
  const deep = `[${'['.repeat(50_000)}${']'.repeat(50_000)},"${long}"]`
  expect(() => parseJson(deep)).not.toThrow()
})

it('keeps the names of members in their order', () => {
  const { params } = parseJson(`{"params":{"b":1,"a":"${long}","c":2}}`) as { params: object }
  expect(Object.keys(params)).toEqual(['b', 'a', 'c'])
})

it('costs about what JSON.parse costs where there is no long text', () => {
  const texts = [JSON.stringify(Array.from({ length: 1_000 }, (_, i) => i)), JSON.stringify(Array(500).fill('short')), '{"a":1}']
  const many = (parse: (text: string) => unknown, text: string) => () => {
    for (let i = 0; i < 500; i++) parse(text)
  }
  for (const text of texts) expect(ratio(many(parseJson, text), many(JSON.parse, text), 2)).toBeLessThan(2)
})
