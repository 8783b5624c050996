import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DisconnectedError, errorText, isReply, isRequest, notificationText, parse, requestText, resultOf, resultText, RpcError, withExtras,
} from '../src/index.ts'
import type { Extras, Json, Reply } from '../src/index.ts'
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
        const request = parse(`${requestText(id, method, params)}`)
        expect(request).toEqual(plain({ jsonrpc: '2.0', id, method, params }))
        expect(isRequest(request)).toBe(true)
        expect(isReply(request)).toBe(false)
      }),
    )
  })

  it('notifications', () => {
    fc.assert(
      fc.property(text, fc.option(params, { nil: undefined }), (method, params) => {
        const notification = parse(`${notificationText(method, params)}`)
        expect(notification).toEqual(plain({ jsonrpc: '2.0', method, params }))
        expect(isRequest(notification)).toBe(true)
      }),
    )
  })

  it('results', () => {
    fc.assert(
      fc.property(id, json, (id, result) => {
        const reply = parse(`${resultText(id, result)}`)
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

it('a failure that the peer makes up is none: only this end says that it cannot take a reply', () => {
  const failure = { name: 'RpcError', code: 1, message: 'no', from: 'here' }
  expect(resultOf(parse(JSON.stringify({ jsonrpc: '2.0', id: 1, result: 5, failure })) as Reply)).toBe(5)
  const ours = new RpcError(1, 'no')
  expect(thrownBy(() => resultOf({ jsonrpc: '2.0', id: 1, result: 5, failure: ours }))).toBe(ours)
})

it('the error of a lost connection says whether the request was sent', () => {
  const cause = new Error('reset')
  expect(new DisconnectedError()).toMatchObject({ sent: true, message: 'the connection ended before the reply came' })
  expect(new DisconnectedError(undefined, { sent: false, cause })).toMatchObject({
    sent: false, cause, message: 'the connection ended before the request was sent',
  })
  expect(new DisconnectedError('closed')).toMatchObject({ sent: true, message: 'closed' })
  expect('cause' in new DisconnectedError()).toBe(false)
})

describe('beside a request', () => {
  it.each<[string, Extras]>([['an empty object', {}], ['what is none', { id: 7 } as Extras]])(
    '%s changes no byte',
    (_, extras) => {
      expect(withExtras(requestText(1, 'ask', [1]), extras)).toBe('{"jsonrpc":"2.0","id":1,"method":"ask","params":[1]}')
      expect(withExtras(requestText(1, 'ask'), extras)).toBe('{"jsonrpc":"2.0","id":1,"method":"ask"}')
    },
  )

  it('stands what is given, and it makes a valid request', () => {
    const extras = { meta: { timeoutMs: 5, token: 'é"', stream: true }, traceparent: '00-1-2-03' }
    for (const params of [undefined, { a: 1 }, { a: 'x'.repeat(1_000) }]) {
      const request = parse(`${withExtras(requestText(1, 'ask', params), extras)}`)
      expect(request).toEqual(plain({ jsonrpc: '2.0', id: 1, method: 'ask', params, ...extras }))
      expect(isRequest(request)).toBe(true)
    }
  })
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
