import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  errorText, isReply, isRequest, notificationText, parse, requestText, resultOf, resultText, RpcError,
} from '../src/index.ts'
import type { Json, Reply } from '../src/index.ts'
import { thrownBy } from './support.ts'

const json = fc.jsonValue() as fc.Arbitrary<Json>
const text = fc.string({ unit: 'binary' })
const params = fc.oneof(fc.array(json), fc.dictionary(text, json))
const id = fc.oneof(text, fc.maxSafeInteger(), fc.constant(null))
/** JSON knows no -0, and parsing makes objects with the usual prototype. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown

describe('what is written from a template is the JSON that it should be', () => {
  it('requests', () => {
    fc.assert(
      fc.property(fc.nat(), text, fc.option(params, { nil: undefined }), (id, method, params) => {
        const request = parse(requestText(id, method, params))
        expect(request).toEqual(plain({ jsonrpc: '2.0', id, method, params }))
        expect(isRequest(request)).toBe(true)
        expect(isReply(request)).toBe(false)
      }),
    )
  })

  it('notifications', () => {
    fc.assert(
      fc.property(text, fc.option(params, { nil: undefined }), (method, params) => {
        const notification = parse(notificationText(method, params))
        expect(notification).toEqual(plain({ jsonrpc: '2.0', method, params }))
        expect(isRequest(notification)).toBe(true)
      }),
    )
  })

  it('results', () => {
    fc.assert(
      fc.property(id, json, (id, result) => {
        const reply = parse(resultText(id, result))
        expect(reply).toEqual(plain({ jsonrpc: '2.0', result, id }))
        expect(isReply(reply)).toBe(true)
        expect(isRequest(reply)).toBe(false)
        expect(resultOf(reply as Reply)).toEqual(plain(result))
      }),
    )
  })

  it('errors', () => {
    fc.assert(
      fc.property(id, fc.maxSafeInteger(), text, fc.option(json, { nil: undefined }), (id, code, message, data) => {
        const reply = parse(errorText(id, new RpcError(code, message, data)))
        expect(reply).toEqual(plain({ jsonrpc: '2.0', error: { code, message, data }, id }))
        const error = thrownBy(() => resultOf(reply as Reply)) as RpcError
        expect(error).toBeInstanceOf(RpcError)
        expect(plain([error.code, error.message, error.data])).toEqual(plain([code, message, data]))
      }),
    )
  })
})

it('"error": null beside a result is a result', () => {
  expect(resultOf({ jsonrpc: '2.0', id: 1, result: 5, error: null } as unknown as Reply)).toBe(5)
  expect(resultOf({ jsonrpc: '2.0', id: 1, result: null, error: null } as unknown as Reply)).toBe(null)
})

it('an error tells who made it', () => {
  const reply = { jsonrpc: '2.0', id: 1, error: { code: 1, message: 'no' } } as const
  expect(thrownBy(() => resultOf(reply))).toMatchObject({ from: 'peer' })
  expect(thrownBy(() => resultOf({ ...reply, error: 5 } as unknown as Reply))).toMatchObject({ from: 'here' })
})

it.each([
  ['no object', 1], ['a list', []], ['null', null], ['a time as text', { timeoutMs: '1' }], ['a token that is none', { token: 1 }],
])('a request whose meta is %s is none', (_, meta) => {
  expect(isRequest({ jsonrpc: '2.0', id: 1, method: 'x', meta })).toBe(false)
})

it('a request may say more than is known', () => {
  const meta = { timeoutMs: 5, stream: true, flavour: 'new' }
  expect(isRequest({ jsonrpc: '2.0', id: 1, method: 'x', meta, traceparent: '00-1-2-03' })).toBe(true)
})

it.each([null, 'no', 5, [], {}, { code: '1', message: 'no' }, { code: 1.5, message: 'no' }, { code: 1 }])(
  'an error that is none is an error all the same: %j',
  (error) => {
    const reply = { jsonrpc: '2.0', id: 1, error } as unknown as Reply
    expect(() => resultOf(reply)).toThrow('not an error object')
  },
)
