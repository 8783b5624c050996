import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { codes, parse, RpcError } from '@rpc-steps/wire'
import type { Params, Request } from '@rpc-steps/wire'
import { lookup, pages, service } from '../src/index.ts'

const request = (method: string, params?: Params | null): Request =>
  params === undefined ? { jsonrpc: '2.0', method } : { jsonrpc: '2.0', method, params }
const answer = (method: string, params?: Params | null) => lookup(request(method, params)).run()

function rejection(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

const sha = (text: string) => createHash('sha256').update(text).digest('hex')

describe('answers', () => {
  it.each<[string, Params | null | undefined, unknown]>([
    ['say', { text: 'Hello, server!' }, 'You said: Hello, server!'],
    ['say', ['Hello, server!'], 'You said: Hello, server!'],
    ['say', { text: '' }, 'You said: '],
    ['fetch', { url: '/home' }, 'This is /home.'],
    ['fetch', ['/home'], 'This is /home.'],
    ['sleep', { ms: 5 }, 5],
    ['sleep', [0], 0],
    ['add', { a: 1, b: 2.5 }, 3.5],
    ['add', [1, 2], 3],
    ['subtract', { subtrahend: 23, minuend: 42 }, 19],
    ['subtract', [42, 23], 19],
    ['sum', [], 0],
    ['sum', undefined, 0],
    ['sum', [1, 2, 4], 7],
    ['get_data', undefined, ['hello', 5]],
    ['get_data', null, ['hello', 5]],
    ['get_data', [], ['hello', 5]],
    ['get_data', {}, ['hello', 5]],
    ['hash', { text: 'a', rounds: 1 }, sha('a')],
    ['hash', ['a', 3], sha(sha(sha('a')))],
    ['update', [1, 2, 3], undefined],
    ['notify_hello', [7], undefined],
    ['notify_sum', [1, 2, 4], undefined],
    // Names that a method does not know are passed over.
    ['say', { text: 'a', more: 1 }, 'You said: a'],
  ])('%s %j', (method, params, expected) => {
    expect(answer(method, params)).toEqual(expected)
  })
})

describe('waits', () => {
  it.each(Object.entries(pages))('%s takes %i ms to come', (url, ms) => {
    expect(lookup(request('fetch', { url })).wait).toBe(ms)
  })

  it('five pages that all take different times', () => {
    expect(new Set(Object.values(pages)).size).toBe(5)
  })

  it('sleep takes what was asked for, all else nothing', () => {
    expect(lookup(request('sleep', { ms: 60_000 })).wait).toBe(60_000)
    for (const [method, params] of [['say', ['a']], ['add', [1, 2]], ['sum', [1]], ['get_data', []]] as const) {
      expect(lookup(request(method, [...params])).wait, method).toBe(0)
    }
  })

  it('nothing runs before it is run', () => {
    const { wait } = lookup(request('fail', { code: 1 }))
    expect(wait).toBe(0)
  })
})

describe('fail', () => {
  it('fails with the error that is named', () => {
    const error = rejection(() => answer('fail', { code: 7, message: 'no', data: [1] }))
    expect(error).toBeInstanceOf(RpcError)
    expect(error).toMatchObject({ code: 7, message: 'no', data: [1] })
    expect(rejection(() => answer('fail', [-1]))).toMatchObject({ code: -1, message: 'Failed' })
  })

  it.each<[Params | undefined]>([[undefined], [[]], [['7']], [{ code: 1.5 }], [{ code: 2 ** 60 }]])(
    'fails by accident when none is named: %j',
    (params) => {
      expect(rejection(() => answer('fail', params))).toBeInstanceOf(TypeError)
    },
  )
})

describe('wrong parameters', () => {
  it.each<[string, Params | null | undefined, string]>([
    ['say', undefined, '"text" must be a string'],
    ['say', null, '"text" must be a string'],
    ['say', [], '"text" must be a string'],
    ['say', [1], '"text" must be a string'],
    ['say', { text: null }, '"text" must be a string'],
    ['say', { txt: 'a' }, '"text" must be a string'],
    ['say', ['a', 'b'], 'at most 1 parameters (text)'],
    ['fetch', { url: 1 }, '"url" must be a string'],
    ['sleep', {}, '"ms" must be a whole number from 0 to 60000'],
    ['sleep', [-1], '"ms" must be a whole number from 0 to 60000'],
    ['sleep', [1.5], '"ms" must be a whole number from 0 to 60000'],
    ['sleep', [60_001], '"ms" must be a whole number from 0 to 60000'],
    ['sleep', ['1'], '"ms" must be a whole number from 0 to 60000'],
    ['add', [1], '"b" must be a number'],
    ['add', { a: '1', b: 2 }, '"a" must be a number'],
    ['subtract', { minuend: 1 }, '"subtrahend" must be a number'],
    ['sum', { a: 1 }, 'a list of numbers'],
    ['sum', [1, '2'], 'a list of numbers'],
    ['get_data', [1], 'at most 0 parameters ()'],
    ['hash', { text: 'a' }, '"rounds" must be a whole number from 1 to 10000000'],
    ['hash', ['a', 0], '"rounds" must be a whole number from 1 to 10000000'],
    ['hash', ['a', 10_000_001], '"rounds" must be a whole number from 1 to 10000000'],
    ['update', { a: 1 }, 'a list of numbers'],
  ])('%s %j is refused before anybody waits', (method, params, expected) => {
    const error = rejection(() => lookup(request(method, params)))
    expect(error).toBeInstanceOf(RpcError)
    expect(error).toMatchObject({ code: codes.invalidParams, message: 'Invalid params', data: expected })
  })

  it.each(['/nowhere', '', 'constructor', '__proto__'])('there is no page %j, which takes no time to find out', (url) => {
    const { wait, run } = lookup(request('fetch', { url }))
    expect(wait).toBe(0)
    expect(rejection(run)).toMatchObject({ code: codes.invalidParams, message: 'No such page', data: url })
  })

  it('a parameter is not found on the prototype', () => {
    const params = parse('{"__proto__":{"text":"inherited"}}') as Params
    expect(rejection(() => lookup(request('say', params)))).toMatchObject({ code: codes.invalidParams })
  })
})

describe('unknown methods', () => {
  it.each([
    'foobar', '', 'SAY', 'say ', 'rpc.discover', 'constructor', '__proto__', 'prototype', 'toString',
    'valueOf', 'hasOwnProperty', 'then', 'get', 'has', 'size',
  ])('%j', (method) => {
    const error = rejection(() => lookup(request(method, [])))
    expect(error).toBeInstanceOf(RpcError)
    expect(error).toMatchObject({ code: codes.methodNotFound, message: 'Method not found' })
  })

  it('the methods are these, and all can be called', () => {
    expect(Object.keys(service).sort()).toEqual([
      'add', 'fail', 'fetch', 'get_data', 'hash', 'notify_hello', 'notify_sum', 'say', 'sleep',
      'subtract', 'sum', 'update',
    ])
  })
})
