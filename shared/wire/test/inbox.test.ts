import { describe, expect, it } from 'vitest'
import { codes, defaultMessageLimits, RpcError } from '../src/index.ts'
import { ask, failure, Recorder } from './support.ts'

const { batch: maxBatch, depth: maxDepth } = defaultMessageLimits

const invalid = (id: unknown, data?: unknown) => failure(id, codes.invalidRequest, 'Invalid Request', data)
const answered = (id: unknown, result: unknown = null) => ({ jsonrpc: '2.0', result, id })
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

describe('ids', () => {
  it.each([0, 1, -1, 1.5, '', '1', 'é', null, Number.MAX_SAFE_INTEGER])('%j is echoed as it came', (id) => {
    const peer = new Recorder((_, respond) => respond(null))
    expect(peer.receive(ask(id)).sent).toEqual([answered(id)])
  })

  it.each(['9007199254740993', '-9007199254740993', '1e400', '{}', '[1]', 'true'])(
    '%s cannot be echoed, so it is refused with null',
    (id) => {
      const peer = new Recorder()
      peer.receive(`{"jsonrpc":"2.0","method":"ask","id":${id}}`)
      expect(peer.sent).toEqual([invalid(null)])
      expect(peer.requests).toEqual([])
    },
  )

  it('in flight twice: the second is refused, the first is answered', () => {
    const peer = new Recorder().receive(ask(1), ask(1), ask('1'))
    expect(peer.sent).toEqual([invalid(1)])
    expect(peer.inbox.inFlight).toBe(2)
    for (const respond of peer.responds) respond(null)
    expect(peer.sent.slice(1)).toEqual([answered(1), answered('1')])
    expect(peer.inbox.inFlight).toBe(0)
  })

  it('may come again once they are answered', () => {
    const peer = new Recorder((_, respond) => respond(null)).receive(ask(1), ask(1))
    expect(peer.sent).toEqual([answered(1), answered(1)])
  })
})

describe('a request', () => {
  it.each([
    ['no version', { method: 'ask', id: 1 }],
    ['another version', { jsonrpc: '1.0', method: 'ask', id: 1 }],
    ['a version that is a number', { jsonrpc: 2, method: 'ask', id: 1 }],
    ['no method', { jsonrpc: '2.0', id: 1 }],
    ['a method that is no string', { jsonrpc: '2.0', method: null, id: 1 }],
    ['params that are a string', { jsonrpc: '2.0', method: 'ask', params: 'a', id: 1 }],
    ['params that are a number', { jsonrpc: '2.0', method: 'ask', params: 0, id: 1 }],
    ['params that are a truth value', { jsonrpc: '2.0', method: 'ask', params: false, id: 1 }],
  ])('is refused with its id: %s', (_, message) => {
    const peer = new Recorder().receive(message)
    expect(peer.sent).toEqual([invalid(1)])
    expect(peer.requests).toEqual([])
  })

  it.each(['null', '1', '"text"', 'true', '{}', '{"id":{}}'])('that is none is refused: %s', (text) => {
    expect(new Recorder().receive(text).sent).toEqual([invalid(null)])
  })

  it.each([undefined, null, [], {}, [1], { a: 1 }])('may have params %j', (params) => {
    const peer = new Recorder((request, respond) => respond(null, request.params))
    expect(peer.receive(ask(1, 'ask', params)).sent).toEqual([answered(1, params ?? null)])
  })

  it('that is not JSON is answered, and the next one too', () => {
    const peer = new Recorder((_, respond) => respond(null)).receive('{', '\ufffd', '', ask(1))
    const unparsable = failure(null, codes.parseError, 'Parse error')
    expect(peer.sent).toEqual([unparsable, unparsable, unparsable, answered(1)])
  })

  it('keeps __proto__ and the like as plain names', () => {
    const peer = new Recorder()
    peer.receive('{"jsonrpc":"2.0","id":1,"__proto__":{"method":"ask"}}')
    peer.receive('{"jsonrpc":"2.0","id":2,"method":"__proto__","params":{"constructor":1}}')
    expect(peer.sent).toEqual([invalid(1)])
    expect(peer.requests.map((request) => request.method)).toEqual(['__proto__'])
  })
})

describe('nesting', () => {
  const params = (levels: number) => `{"jsonrpc":"2.0","method":"ask","id":1,"params":${nested(levels)}}`

  it('is allowed up to the limit, the message itself included', () => {
    const peer = new Recorder((_, respond) => respond(null))
    peer.receive(params(maxDepth - 1), params(maxDepth))
    expect(peer.sent).toEqual([answered(1), invalid(1, `nested over ${maxDepth} levels`)])
  })

  it('of a reply fails its call, and nothing is answered', () => {
    const peer = new Recorder().receive(`{"jsonrpc":"2.0","id":7,"result":${nested(maxDepth)}}`)
    const failure = { code: codes.invalidRequest, data: `nested over ${maxDepth} levels`, from: 'here' }
    expect(peer.replies).toMatchObject([{ id: 7, failure }])
    expect(peer.sent).toEqual([])
  })

  it('of one item of a batch is that item\'s error', () => {
    const peer = new Recorder((_, respond) => respond(null))
    peer.receive(`[${params(maxDepth - 2)},{"jsonrpc":"2.0","method":"ask","id":2,"params":${nested(maxDepth - 1)}}]`)
    expect(peer.sent).toEqual([[answered(1), invalid(2, `nested over ${maxDepth} levels`)]])
  })

  it.each([3, 60, 200_000])('may have another limit: %i', (depth) => {
    const peer = new Recorder((_, respond) => respond(null), { depth })
    peer.receive(params(depth - 1), params(depth))
    expect(peer.sent).toEqual([answered(1), invalid(1, `nested over ${depth} levels`)])
  })

  it('has the usual limit when only another is given', () => {
    const peer = new Recorder((_, respond) => respond(null), { batch: 1 })
    peer.receive(params(maxDepth - 1), params(maxDepth), [ask(1), ask(2)])
    expect(peer.sent.slice(1)).toEqual([
      invalid(1, `nested over ${maxDepth} levels`),
      invalid(null, 'over 1 items in a batch'),
    ])
  })

  it('of a million levels does not overflow the stack', () => {
    const peer = new Recorder().receive(params(1_000_000), '['.repeat(1_000_000))
    expect(peer.sent).toEqual([
      invalid(1, `nested over ${maxDepth} levels`),
      failure(null, codes.parseError, 'Parse error'),
    ])
  })
})

describe('a notification', () => {
  it('gets nothing, whatever becomes of it', () => {
    const ends = [null, new RpcError(1, 'no'), new Error('bug')]
    const peer = new Recorder((_, respond) => respond(ends.shift(), 'result'))
    peer.receive(ask(undefined), ask(undefined), ask(undefined))
    expect(peer.requests).toHaveLength(3)
    expect(peer.sent).toEqual([])
    // The bug is for our own log all the same.
    expect(peer.incidents).toEqual([expect.stringContaining('Error: bug')])
  })
})

describe('a reply', () => {
  it.each([
    { jsonrpc: '2.0', id: 1, result: 5 },
    { jsonrpc: '2.0', id: 1, result: null },
    { jsonrpc: '2.0', id: null, error: { code: 1, message: 'no' } },
    { jsonrpc: '2.0', id: 99, error: 'not an error object' },
    { result: 'without version or id' },
  ])('is passed on and never answered: %j', (reply) => {
    const peer = new Recorder().receive(reply)
    expect(peer.replies).toEqual([reply])
    expect(peer.sent).toEqual([])
    expect(peer.receive([reply, reply]).replies).toEqual([reply, reply, reply])
    expect(peer.sent).toEqual([])
  })
})

describe('a batch', () => {
  it('is answered as one, when the last answer is there, in the order of the answers', () => {
    const peer = new Recorder().receive([ask(1), ask(undefined), { jsonrpc: '2.0', id: 9, result: 0 }, ask(2), 5])
    expect(peer.requests).toHaveLength(3)
    peer.responds[2]!(null, 'b')
    expect(peer.sent).toEqual([])
    peer.responds[0]!(new RpcError(7, 'a'))
    expect(peer.sent).toEqual([[invalid(null), answered(2, 'b'), failure(1, 7, 'a')]])
    expect(peer.replies).toHaveLength(1)
  })

  it(`has ${maxBatch} items at most`, () => {
    const peer = new Recorder((_, respond) => respond(null))
    const items = Array.from({ length: maxBatch + 1 }, (_, id) => ask(id))
    peer.receive(items.slice(1), items)
    expect(peer.sent[0]).toHaveLength(maxBatch)
    expect(peer.sent[1]).toEqual(invalid(null, `over ${maxBatch} items in a batch`))
    expect(peer.requests).toHaveLength(maxBatch)
  })

  it('refuses an id that is in flight, in the same batch too', () => {
    const peer = new Recorder().receive(ask(1), [ask(1), ask(2), ask(2)])
    for (const respond of peer.responds) respond(null)
    expect(peer.sent).toEqual([answered(1), [invalid(1), invalid(2), answered(2)]])
  })

  it('in a batch is no request', () => {
    expect(new Recorder().receive([[ask(1)]]).sent).toEqual([[invalid(null)]])
  })
})

describe('respond', () => {
  it('counts the first time only', () => {
    const peer = new Recorder().receive(ask(1))
    const respond = peer.responds[0]!
    respond(null, 'first')
    respond(null, 'second')
    respond(new RpcError(1, 'third'))
    expect(peer.sent).toEqual([answered(1, 'first')])
    expect(peer.incidents).toEqual([])
  })

  it('reports an error that comes after the answer, and sends nothing', () => {
    const peer = new Recorder().receive(ask(1))
    peer.responds[0]!(null, 'first')
    peer.responds[0]!(new Error('a bug'))
    expect(peer.sent).toEqual([answered(1, 'first')])
    expect(peer.incidents).toEqual([expect.stringContaining('a bug')])
  })

  it('puts an error in the place of an answer that is too large to be sent', () => {
    const peer = new Recorder((_, respond) => respond(null, 'x'.repeat(1_000)), {}, 900)
    peer.receive(ask(1), [ask(2), ask(3)])
    const instead = (id: number) => failure(id, codes.internalError, 'Internal error', 'the answer is too large to be sent')
    expect(peer.sent).toEqual([instead(1), [instead(2), instead(3)]])
    expect(peer.inbox.inFlight).toBe(0)
  })

  it('counts the first time only when the id has come again', () => {
    const peer = new Recorder().receive(ask(1))
    peer.responds[0]!(null, 'first')
    peer.receive(ask(1))
    peer.responds[0]!(null, 'late')
    expect(peer.inbox.inFlight).toBe(1)
    peer.responds[1]!(null, 'second')
    expect(peer.sent).toEqual([answered(1, 'first'), answered(1, 'second')])
  })

  it('closes a batch once only', () => {
    const peer = new Recorder().receive([ask(1), ask(2)])
    peer.responds[0]!(null, 'first')
    peer.responds[0]!(null, 'second')
    expect(peer.sent).toEqual([])
    peer.responds[1]!(null)
    expect(peer.sent).toEqual([[answered(1, 'first'), answered(2)]])
  })

  it('sends undefined, and what JSON leaves out, as null', () => {
    const results = [undefined, () => {}, Symbol('s'), NaN]
    const peer = new Recorder((_, respond) => respond(null, results.shift()))
    peer.receive(ask(1), ask(2), ask(3), ask(4))
    expect(peer.sent).toEqual([1, 2, 3, 4].map((id) => answered(id)))
  })

  it('sends an RpcError as it is', () => {
    const peer = new Recorder((_, respond) => respond(new RpcError(-5, 'no', { why: ['so'] })))
    expect(peer.receive(ask(1)).sent).toEqual([failure(1, -5, 'no', { why: ['so'] })])
    expect(peer.incidents).toEqual([])
  })

  const cycle: unknown[] = []
  cycle.push(cycle)
  const hostile = { toJSON: () => { throw new Error('toJSON is broken') } }
  it.each([
    ['an Error', new Error('password: 1234'), null],
    ['a thrown string', 'oops', null],
    ['a thrown zero', 0, null],
    ['a BigInt as result', null, 5n],
    ['a cycle as result', null, cycle],
    ['a result whose toJSON throws', null, hostile],
    ['a cycle as error data', new RpcError(1, 'no', cycle as never), null],
  ])('hides what the peer must not see, and reports it: %s', (_, error, result) => {
    const peer = new Recorder((_, respond) => respond(error, result)).receive(ask(1))
    const [, incident] = /^internal error ([-\w]{36}): ./.exec(peer.incidents[0] ?? '') ?? []
    expect(peer.sent).toEqual([failure(1, codes.internalError, 'Internal error', { incident })])
    expect(peer.inbox.inFlight).toBe(0)
  })

  it('gives each incident a name of its own', () => {
    const peer = new Recorder((_, respond) => respond(new Error('bug'))).receive(ask(1), ask(2))
    expect(new Set(peer.incidents).size).toBe(2)
    for (const report of peer.incidents) expect(report).toContain('Error: bug')
  })
})
