import { describe, expect, it } from 'vitest'
import { codes, createFramer, FramingError } from '../src/index.ts'
import { feed, thrownBy } from './support.ts'

describe('newline', () => {
  const create = () => createFramer('newline', { header: 10, body: 20 })

  it('writes a line', () => {
    expect(create().frame('{}')).toBe('{}\n')
  })

  it('accepts LF and CR LF, and passes over blank lines', () => {
    expect(feed(create(), '\n{"a":1}\n\r\n  \n\t\n{"b":2}\r\n\n')).toEqual(['{"a":1}', '{"b":2}'])
  })

  it('passes on a line that is not JSON, and one that is not UTF-8', () => {
    const line = Buffer.from([0x22, 0xff, 0x22, 0x0a])
    expect(feed(create(), 'what?\n', line, '{}\n')).toEqual(['what?', '\ufffd', '{}'])
  })

  it('refuses a line over the limit before its end has come', () => {
    expect(feed(create(), ' '.repeat(19) + '1\n')).toHaveLength(1)
    for (const stream of ['1'.repeat(21), '1'.repeat(21) + '\n']) {
      const error = thrownBy(() => feed(create(), stream)) as FramingError
      expect(error).toBeInstanceOf(FramingError)
      expect(error.rpcCode).toBe(codes.invalidRequest)
    }
  })

  it('has no limit for lines together', () => {
    expect(feed(create(), '{"a":12345}\n'.repeat(50))).toHaveLength(50)
  })

  it('tells an end between lines from one inside a line', () => {
    const framer = create()
    feed(framer, '{}\n')
    framer.end()
    feed(framer, '{}')
    expect(framer.partial).toBe(true)
    expect(() => framer.end()).toThrow('inside a frame')
  })
})

describe('auto', () => {
  const create = () => createFramer('auto')

  it.each([
    ['{}\n', '{}'],
    ['[]\n', '[]'],
    ['\n {}\n', ' {}'],
    ['\r\n{}\n', '{}'],
    ['Content-Length: 2\r\n\r\n{}', '{}'],
    ['content-length: 2\r\n\r\n{}', '{}'],
    ['X-Other: 1\r\nContent-Length: 2\r\n\r\n{}', '{}'],
  ])('goes by the first byte: %j', (stream, message) => {
    expect(feed(create(), '', ...stream)).toEqual([message])
  })

  it('takes what is neither for a header, and refuses it', () => {
    expect(() => feed(create(), 'POST / HTTP/1.1\r\n')).toThrow('not a header line')
    expect(() => feed(create(), '\u0016\u0003\u0001\r\n')).toThrow('not a header line')
  })

  it('does not change its mind', () => {
    expect(() => feed(create(), 'Content-Length: 2\r\n\r\n{}', '{}\r\n')).toThrow(FramingError)
    expect(feed(create(), '{}\n', 'Content-Length: 2\n')).toEqual(['{}', 'Content-Length: 2'])
  })

  it('is between frames until something comes', () => {
    const framer = create()
    expect(framer.next()).toBeUndefined()
    expect([framer.partial, framer.held]).toEqual([false, 0])
    framer.end()
  })

  it('writes Content-Length when it must write first', () => {
    expect(create().frame('{}')).toBe('Content-Length: 2\r\n\r\n{}')
  })
})
