import { describe, expect, it } from 'vitest'
import { codes, createFramer, defaultLimits, FramingError } from '../src/index.ts'
import { feed, thrownBy } from './support.ts'

const create = (limits = defaultLimits) => createFramer('content-length', limits)

describe('a writer', () => {
  it('writes one capitalisation, one space and two line ends', () => {
    expect(create().frame('{}')).toBe('Content-Length: 2\r\n\r\n{}')
  })

  it('counts bytes, not characters', () => {
    expect(create().frame('"é🙂"')).toBe('Content-Length: 8\r\n\r\n"é🙂"')
  })
})

describe('a reader accepts', () => {
  it.each([
    ['the usual header', 'Content-Length: 2\r\n\r\n{}'],
    ['small letters', 'content-length: 2\r\n\r\n{}'],
    ['any mixture', 'cOnTeNt-LeNgTh: 2\r\n\r\n{}'],
    ['no white space', 'Content-Length:2\r\n\r\n{}'],
    ['blanks and tabs around the value', 'Content-Length: \t 2\t \r\n\r\n{}'],
    ['leading zeros', 'Content-Length: 002\r\n\r\n{}'],
    ['the same length twice', 'Content-Length: 2\r\ncontent-length: 2\r\n\r\n{}'],
    ['other headers before', 'X-Other: a: b\r\nContent-Length: 2\r\n\r\n{}'],
    ['other headers after', 'Content-Length: 2\r\nX-Empty:\r\n\r\n{}'],
    ['a name that only begins alike', 'Content-Lengths: 9\r\nContent-Length: 2\r\n\r\n{}'],
    ['charset=utf-8', 'Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}'],
    ['charset=utf8', 'Content-Length: 2\r\nContent-Type: application/json;charset=utf8\r\n\r\n{}'],
    ['charset="UTF-8"', 'content-type: a/b; x=y; charset="UTF-8"\r\nContent-Length: 2\r\n\r\n{}'],
    ['a type without charset', 'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'],
  ])('%s', (_, stream) => {
    const framer = create()
    expect(feed(framer, stream)).toEqual(['{}'])
    expect(feed(framer, stream)).toEqual(['{}'])
    framer.end()
  })

  it('an empty body', () => {
    expect(feed(create(), 'Content-Length: 0\r\n\r\nContent-Length: 2\r\n\r\n{}')).toEqual(['', '{}'])
  })
})

describe('a reader refuses', () => {
  const digits = 'must be digits'
  const line = 'is not a header line'
  it.each([
    ['a negative length', 'Content-Length: -2\r\n\r\n{}', digits],
    ['a length with a sign', 'Content-Length: +2\r\n\r\n{}', digits],
    ['12abc', 'Content-Length: 12abc\r\n\r\n{}', digits],
    ['a fraction', 'Content-Length: 2.0\r\n\r\n{}', digits],
    ['hexadecimal', 'Content-Length: 0x2\r\n\r\n{}', digits],
    ['a list', 'Content-Length: 2, 2\r\n\r\n{}', digits],
    ['no value', 'Content-Length:\r\n\r\n{}', digits],
    ['white space for a value', 'Content-Length: \t\r\n\r\n{}', digits],
    ['two different lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}', 'given as 2 and as 3'],
    ['a header without a length', 'X-Other: 2\r\n\r\n{}', 'no Content-Length'],
    ['an empty header', '\r\n{}', 'no Content-Length'],
    ['lines that end in LF alone', 'Content-Length: 2\n\n{}', 'LF alone'],
    ['a last line that ends in LF alone', 'Content-Length: 2\r\n\n{}', 'LF alone'],
    ['a request of HTTP', 'POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}', line],
    ['white space before the colon', 'Content-Length : 2\r\n\r\n{}', line],
    ['a folded line', 'Content-Length:\r\n 2\r\n\r\n{}', digits],
    ['a line that begins blank', 'X-Other: a\r\n b\r\n\r\n{}', line],
    ['a carriage return for the hyphen', 'Content\rLength: 2\r\n\r\n{}', line],
    ['bare JSON', '{"jsonrpc":"2.0"}\r\n', line],
    ['another charset', 'Content-Type: a/b; charset=utf-16\r\nContent-Length: 2\r\n\r\n{}', 'utf-8, not "utf-16"'],
  ])('%s', (_, stream, reason) => {
    const error = thrownBy(() => feed(create(), stream)) as FramingError
    expect(error).toBeInstanceOf(FramingError)
    expect(error.message).toContain(reason)
    expect(error.rpcCode).toBe(codes.parseError)
  })

  it('a request of HTTP at its first line, before the rest has come', () => {
    expect(() => feed(create(), 'POST / HTTP/1.1\r\n')).toThrow(FramingError)
  })

  it.each(['101', '2147483648', '99999999999999999999', '9'.repeat(400)])(
    'a body over the limit by what is declared, before any of it has come: %s',
    (length) => {
      const framer = create({ header: 1000, body: 100 })
      const error = thrownBy(() => feed(framer, `Content-Length: ${length}\r\n\r\n`)) as FramingError
      expect(error).toBeInstanceOf(FramingError)
      expect(error.message).toContain('over the limit of 100 bytes')
      expect(error.rpcCode).toBe(codes.invalidRequest)
    },
  )

  it('a body over the limit even if all of it is there', () => {
    const framer = create({ header: 1000, body: 100 })
    expect(feed(framer, framer.frame(' '.repeat(100)))).toHaveLength(1)
    expect(() => feed(framer, framer.frame(' '.repeat(101)))).toThrow('over the limit')
  })

  it('a header over the limit, in one line or in many, and not one byte below', () => {
    const limit = 100
    const filler = (bytes: number) => `X: ${'x'.repeat(bytes - 5)}\r\n`
    const rest = 'Content-Length: 0\r\n\r\n'
    const read = (header: string) => feed(create({ header: limit, body: 100 }), header)
    expect(read(filler(limit - rest.length) + rest)).toEqual([''])
    expect(() => read(filler(limit - rest.length + 1) + rest)).toThrow('over the limit of 100 bytes')
    expect(() => read(filler(10).repeat(11))).toThrow('over the limit')
    expect(() => read('x'.repeat(limit + 1))).toThrow('over the limit')
    expect(read('x'.repeat(limit))).toEqual([])
  })

  it('a header over the limit that is as usual otherwise, whole or in pieces', () => {
    const limit = 100
    const header = (bytes: number) => `Content-Length: ${'2'.padStart(bytes - 20, '0')}\r\n\r\n`
    for (const cut of [limit + 2, 1, 50]) {
      const read = (stream: string) => {
        const framer = create({ header: limit, body: 100 })
        return feed(framer, stream.slice(0, cut), ...stream.slice(cut))
      }
      expect(read(header(limit) + '{}')).toEqual(['{}'])
      expect(() => read(header(limit + 1) + '{}')).toThrow('the header is over the limit of 100 bytes')
    }
  })

  it('nothing of the frames before the bad one', () => {
    const framer = create()
    framer.push(Buffer.from(framer.frame('[1]') + framer.frame('[2]') + 'POST / HTTP/1.1\r\n'))
    expect([framer.next(), framer.next()]).toEqual(['[1]', '[2]'])
    expect(() => framer.next()).toThrow(FramingError)
  })
})

describe('a body that is not UTF-8', () => {
  it.each([
    ['a lone continuation byte', [0x80]],
    ['half a character', [0xe6, 0xbc]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
  ])('is not JSON, and the stream goes on: %s', (_, bytes) => {
    const bad = Buffer.concat([
      Buffer.from(`Content-Length: ${bytes.length + 2}\r\n\r\n"`),
      Buffer.from(bytes),
      Buffer.from('"'),
    ])
    expect(feed(create(), bad, create().frame('{}'))).toEqual(['\ufffd', '{}'])
  })

  it('is told from a body with a real U+FFFD', () => {
    expect(feed(create(), create().frame('"\ufffd"'))).toEqual(['"\ufffd"'])
  })
})

describe('the end of the stream', () => {
  const frame = create().frame('{"a":1}')

  it('is normal before the first frame and between frames', () => {
    const framer = create()
    framer.end()
    feed(framer, frame)
    framer.end()
  })

  it('is an error at every point inside a frame', () => {
    for (let length = 1; length < frame.length; length++) {
      const framer = create()
      feed(framer, frame.slice(0, length))
      expect(framer.partial, `after ${length} bytes`).toBe(true)
      expect(() => framer.end()).toThrow('inside a frame')
    }
  })
})
