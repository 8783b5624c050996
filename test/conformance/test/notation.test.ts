import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadCases } from '../src/cases.ts'
import { FrameReader } from '../src/frames.ts'
import { JsonSyntaxError, readJson } from '../src/json.ts'
import { matchMessage, matchPiece } from '../src/match.ts'
import { parseCases } from '../src/notation.ts'

const bytesOf = (line: string) => {
  const [step] = parseCases('t.txt', `case: x\n${line}`)[0]!.script
  return step?.kind === 'send' ? step.bytes.toString('latin1') : undefined
}

describe('notation', () => {
  it('frames a message by its bytes', () => {
    expect(bytesOf('--> "é"')).toBe('Content-Length: 4\r\n\r\n"\xc3\xa9"')
  })

  it('sends raw bytes as they are, with escapes', () => {
    expect(bytesOf('==> a\\r\\n\\t\\\\\\xff')).toBe('a\r\n\t\\\xff')
  })

  it('fills in the length of raw bytes', () => {
    expect(bytesOf('==> length=%length\\r\\n\\r\\n12345')).toBe('length=5\r\n\r\n12345')
  })

  it('repeats a text, and counts', () => {
    expect(bytesOf('==> [{{%n, x 3}}0]')).toBe('[1,2,3,0]')
  })

  it('repeats a line, and counts', () => {
    expect(parseCases('t.txt', 'case: x\n3 x B <-- %n')[0]?.script).toMatchObject([
      { kind: 'message', on: 'B', pattern: { text: '1' } },
      { kind: 'message', on: 'B', pattern: { text: '2' } },
      { kind: 'message', on: 'B', pattern: { text: '3' } },
    ])
  })

  it('joins a line that begins with white space to the one before', () => {
    expect(bytesOf('==> a\n    b')).toBe('ab')
  })

  it.each([
    ['--> 1', 't.txt:1: this stands before the first "case:"'],
    ['case: x\n\nhello', 't.txt:3: what does this mean?: hello'],
    ['case: x\n<-- {"a"}', 't.txt:2: ":" must stand here'],
    ['case: x\ncase: x', 't.txt:2: a second case of this name'],
    ['stage: x', 't.txt:1: there is no such stage'],
    ['case: x\nneeds: luck', 't.txt:2: nobody can be asked for this'],
    ['case: x\nframing: morse', 't.txt:2: the other framing is "newline"'],
    ['case: x\n==> \\q', 't.txt:2: \\q is no escape'],
    ['case: x\n==> %length', 't.txt:2: %length needs an empty line'],
  ])('refuses %j and says where', (source, message) => {
    expect(() => parseCases('t.txt', source)).toThrow(message)
  })
})

describe('the head of a file', () => {
  it('is for all its cases that say nothing else', () => {
    const cases = parseCases('t.txt', 'stage: errors\npage: wire.md#errors\ncase: a\ncase: b\nstage: waiting\nneeds: threads')
    expect(cases).toMatchObject([
      { stage: 'errors', page: 'docs/wire.md#errors', needs: undefined },
      { stage: 'waiting', page: 'docs/wire.md#errors', needs: 'threads' },
    ])
  })
})

describe('the cases', () => {
  it.each(loadCases().map(({ id, page }) => [id, page]))('%s: the page that asks for it has such a section (%s)', (_, page) => {
    const [file, section] = page.split('#')
    const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
    const sections = [...text.matchAll(/^##+ (.*)$/gm)].map(([, title]) => title!.toLowerCase().replace(/[^\w]+/g, '-'))
    expect(sections).toContain(section)
  })

  it('begin with one call', () => {
    expect(loadCases()[0]?.id).toBe('first: one call')
  })
})

describe('JSON reader', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const same = JSON.stringify(JSON.parse(text))
        expect(matchMessage(readJson(text), readJson(same))).toBe(undefined)
      }),
    )
  })

  it('refuses what JSON.parse refuses', () => {
    const change = fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 }))
    const almost = change.map(([text, at, put]) => {
      const i = at % (text.length + 1)
      return text.slice(0, i) + put + text.slice(i + 1)
    })
    fc.assert(
      fc.property(almost, (text) => {
        let right = true
        try {
          JSON.parse(text)
        } catch {
          right = false
        }
        if (!right) expect(() => readJson(text)).toThrow(JsonSyntaxError)
      }),
    )
  })

  it('refuses a member that is there twice', () => {
    expect(() => readJson('{"a":1,"a":1}')).toThrow('"a" is there twice')
  })
})

it('takes another message instead, if the case says so', () => {
  const [step] = parseCases('t.txt', 'case: x\n<-- 1\n<-| {{2 x 2}}')[0]!.script
  expect(step).toMatchObject({ pattern: { text: '1' }, others: [{ text: '22' }] })
})

describe('comparison', () => {
  const differenceOf = (pattern: string, text: string) =>
    matchMessage(readJson(pattern, true), readJson(text))

  it.each([
    ['{"a":1,"b":2}', '{"b":2,"a":1}'],
    ['{"a":...}', '{"a":[1,{}]}'],
    ['{"a":1,...}', '{"a":1,"b":2}'],
    ['[1,2,3]', '[3,1,2]'],
    ['1.50', '15e-1'],
    ['{"error":{"code":1}}', '{"error":{"code":1,"data":[]}}'],
    ['"\\u00e9"', '"é"'],
  ])('%s takes %s', (pattern, text) => {
    expect(differenceOf(pattern, text)).toBe(undefined)
  })

  it.each([
    ['{"a":1}', '{"a":2}', 5, 'expected 1'],
    ['{"a":1}', '{"a":1,"b":2}', 11, '"b" is not expected'],
    ['{"a":1,"b":2}', '{"a":1}', 6, '"b" is missing'],
    ['{"a":[1,2]}', '{"a":[2,1]}', 6, 'expected 1'],
    ['{"a":[1]}', '{"a":[1,2]}', 8, 'one item too many'],
    ['[1,2]', '[1]', 2, '1 more answer expected'],
    ['[1]', '[1,1]', 3, 'one answer too many'],
    ['1', '"1"', 0, 'expected 1'],
    ['{"id":1}', '{"id":1.0}', 6, 'expected 1'],
    ['9007199254740993', '9007199254740992', 0, 'expected 9007199254740993'],
    ['{"error":{"code":1,"data":1}}', '{"error":{"code":1}}', 18, '"data" is missing'],
  ])('%s does not take %s', (pattern, text, at, says) => {
    expect(differenceOf(pattern, text)).toEqual({ at, says })
  })
})

describe('a stream', () => {
  const stream = readJson('{"params":{"id":1,"items":[1,2,3]}}', true)
  const piece = (items: string, of = stream) => matchPiece(of, readJson(`{"params":{"id":1,"items":${items}}}`))

  it('may come a few items at a time', () => {
    const first = piece('[1]')
    if (!('rest' in first)) throw new Error(first.says)
    expect(piece('[2,3]', first.rest)).toEqual({ rest: undefined })
    expect(piece('[1,2,3]')).toEqual({ rest: undefined })
  })

  it.each([
    ['[1,3]', 29, 'expected 2'],
    ['[2]', 27, 'expected 1'],
    ['[1,2,3,4]', 33, 'one item too many'],
    ['[]', 0, 'items are expected'],
    ['1', 0, 'items are expected'],
  ])('does not take %s', (items, at, says) => {
    expect(piece(items)).toEqual({ at, says })
  })
})

describe('frame reader', () => {
  it('finds the same messages however the bytes are cut', () => {
    const second = 'Content-Length: 2\r\nX: y\r\n\r\n{}'
    const bytes = Buffer.from(`Content-Length: 4\r\n\r\n"é"${second}`)
    for (let at = 0; at <= bytes.length; at++) {
      const reader = new FrameReader('content-length')
      const parts = [bytes.subarray(0, at), bytes.subarray(at)]
      const bodies = parts.flatMap((part) => reader.push(part)).map((one) => {
        return one.kind === 'message' ? one.raw.slice(one.bodyAt) : one.says
      })
      expect(bodies).toEqual(['"é"', '{}'])
      expect(reader.end()).toEqual([])
    }
  })

  it.each([
    ['content-length: 2\r\n\r\n{}', 0],
    ['Content-Length:2\r\n\r\n{}', 15],
    ['Content-Length: 2x\r\n\r\n{}', 16],
    ['{"jsonrpc":"2.0"}', 0],
  ])('shows where %j is no frame', (text, at) => {
    const [received] = new FrameReader('content-length').push(Buffer.from(text))
    expect(received).toMatchObject({ kind: 'noise', at })
  })

  it('shows that the stream ended inside a frame', () => {
    const reader = new FrameReader('content-length')
    expect(reader.push(Buffer.from('Content-Length: 5\r\n\r\n{}'))).toEqual([])
    expect(reader.end()).toMatchObject([{ kind: 'noise', at: 23 }])
  })
})
