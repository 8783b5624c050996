import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify as textOf } from '../src/stringify.ts'
import { ratio } from './support.ts'

const stringify = (value: unknown) => textOf(value)?.toString()

/** Texts of every kind that is written in another way, long enough for somebody to look for a short cut. */
const piece = fc.constantFrom('plain text, ', 'é', '漢', '🙂', '\ud83d', '\udc00', '"', '\\', '\n', '\0', '\x1f', '\x7f', ' ')
const text = fc
  .tuple(fc.integer({ min: 0, max: 3_000 }), fc.array(fc.tuple(piece, fc.nat(2_999)), { maxLength: 2 }))
  .map(([length, pieces]) => pieces.reduce((text, [p, at]) => text.slice(0, at) + p + text.slice(at), 'x'.repeat(length)))

describe('is JSON.stringify', () => {
  it.each<[string, fc.Arbitrary<unknown>]>([
    ['for texts', text],
    ['for objects of texts', fc.dictionary(fc.oneof(fc.string(), fc.constant('1'), text), fc.oneof(text, fc.double(), fc.constant(null)))],
    ['for anything', fc.anything({ withBigInt: false, withDate: true, withNullPrototype: true, withSparseArray: true, values: [text, fc.boolean()] })],
  ])('%s', (_, values) => {
    fc.assert(
      fc.property(values, (value) => void expect(stringify(value)).toBe(JSON.stringify(value))),
      { numRuns: 1_000 },
    )
  })

  const long = 'x'.repeat(1_000)
  it.each<[string, unknown]>([
    ['undefined members', { a: long, b: undefined, c: () => 1, d: Symbol('d') }],
    ['inherited members', Object.create({ inherited: long }, { own: { value: long, enumerable: true } })],
    ['hidden members', Object.defineProperty({ a: long }, 'hidden', { value: 1, enumerable: false })],
    ['toJSON', { a: long, toJSON: () => 'instead' }],
    ['a date', { a: long, date: new Date(0) }],
    ['keys that are numbers', { b: long, 2: 2, 1: long }],
    ['__proto__ as a key', JSON.parse(`{"__proto__":"${long}","a":"${long}"}`)],
    ['an array as a member', { a: long, b: [long] }],
    ['an object as a member', { a: long, b: { toJSON: () => 'instead' } }],
    ['many members', { a: 1, b: 2, c: 3, d: 4, e: long, f: long }],
    ['a string object for a prototype', Object.assign(new String('boxed'), { a: long })],
    ['no prototype', Object.assign(Object.create(null) as object, { a: long })],
    ['a rope', { a: 'You said: ' + long }],
    ['more than it looks at', 'x'.repeat(100_000)],
    ['a control character at the end', `${long}\n`],
    ['one in each place of four', ['\n', 'x\n', 'xx\n', 'xxx\n'].map((end) => long + end)],
  ])('for an object with %s', (_, value) => {
    expect(stringify(value)).toBe(JSON.stringify(value))
  })

  it('for a member that is there only the first times', () => {
    let times = 0
    const value = { long, get once() { return ++times % 2 === 1 ? long : undefined } }
    expect(JSON.parse(stringify(value)!)).toMatchObject({ long })
  })

  // JSON.rawJSON is in Node from 21 on.
  const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown }
  it.runIf(rawJSON)('for raw JSON', () => {
    expect(stringify(rawJSON!(`"${long}"`))).toBe(`"${long}"`)
  })

  it('throws as it does', () => {
    const cycle: Record<string, unknown> = { long }
    cycle['self'] = cycle
    expect(() => stringify(cycle)).toThrow(TypeError)
    expect(() => stringify({ long, big: 1n })).toThrow(TypeError)
  })
})

it('costs about what JSON.stringify costs where there is no long text', () => {
  const values = [Array.from({ length: 1_000 }, (_, i) => i), { text: 'short' }, 'short', { a: 1, b: 2, c: 3, d: 4 }]
  const many = (write: (value: unknown) => unknown, value: unknown) => () => {
    for (let i = 0; i < 50; i++) write(value)
  }
  for (const value of values) expect(ratio(many(stringify, value), many(JSON.stringify, value), 2)).toBeLessThan(2)
})
