import { codes, DisconnectedError, RpcError } from '@rpc-steps/wire'
import { describe, expect, it } from 'vitest'
import { fateOf, retryAfterOf, statusOf, verdictOf } from '../src/index.ts'
import { full, internal, late, lost, unavailable, unsent, wrong } from './support.ts'

describe('what an error means', () => {
  it.each([
    ['never sent', unsent(), 'unsent', 'fails'],
    ['lost after it was sent', lost(), 'unknown', 'fails'],
    ['the server drains', unavailable(), 'unrun', 'fails'],
    ['the server is full', full(), 'unrun', 'neither'],
    ['the deadline was over', late(), 'unknown', 'fails'],
    ['a bug in the handler', internal(), 'final', 'fails'],
    ['the caller was wrong', wrong(), 'final', 'works'],
    ['cancelled', new RpcError(codes.requestCancelled, 'x', undefined, 'peer'), 'final', 'neither'],
    ['an error of the application', new RpcError(1001, 'no such account', undefined, 'peer'), 'final', 'works'],
    ['given up by the caller', new Error('enough'), 'final', 'neither'],
  ])('%s', (_, error, fate, verdict) => {
    expect([fateOf(error), verdictOf(error)]).toEqual([fate, verdict])
  })

  it('a number from -32000 to -32099 alone means nothing: another library uses it for something else', () => {
    for (const code of [codes.unavailable, codes.resourceExhausted, codes.deadlineExceeded]) {
      const error = new RpcError(code, 'x', undefined, 'peer')
      expect([statusOf(error), fateOf(error)]).toEqual([undefined, 'final'])
    }
  })

  it('data of any shape is looked at without harm', () => {
    for (const data of [null, 'UNAVAILABLE', [], { status: 7 }, { status: { a: 1 } }]) {
      expect(fateOf(new RpcError(-32014, 'x', data, 'peer'))).toBe('final')
    }
    for (const retryAfterMs of [-1, 'soon', null, {}]) {
      expect(retryAfterOf(new RpcError(-32029, 'x', { retryAfterMs }, 'peer'))).toBe(0)
    }
    expect(retryAfterOf(full(25))).toBe(25)
    expect(retryAfterOf(new DisconnectedError())).toBe(0)
  })
})
