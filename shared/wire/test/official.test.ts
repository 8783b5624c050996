import { expect, it } from 'vitest'
import { codes, RpcError } from '../src/index.ts'
import type { Json, Params } from '../src/index.ts'
import { failure, Recorder } from './support.ts'

const numbers = (params: Params | null | undefined) => params as number[]
const methods = new Map<string, (params: Params | null | undefined) => Json | void>([
  ['subtract', (params) => {
    const [a, b] = Array.isArray(params) ? params : [params?.['minuend'], params?.['subtrahend']]
    return Number(a) - Number(b)
  }],
  ['sum', (params) => numbers(params).reduce((a, b) => a + b, 0)],
  ['get_data', () => ['hello', 5]],
  ...['update', 'notify_hello', 'notify_sum'].map((name) => [name, () => {}] as const),
])

const result = (id: unknown, value: unknown) => ({ jsonrpc: '2.0', result: value, id })
const invalid = failure(null, codes.invalidRequest, 'Invalid Request')
const unparsable = failure(null, codes.parseError, 'Parse error')
const nothing = undefined

/** The examples of the specification, section 7, in their order. */
const examples: readonly [sent: string, answer: unknown][] = [
  ['{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}', result(1, 19)],
  ['{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}', result(2, -19)],
  ['{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}', result(3, 19)],
  ['{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}', result(4, 19)],
  ['{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}', nothing],
  ['{"jsonrpc": "2.0", "method": "foobar"}', nothing],
  ['{"jsonrpc": "2.0", "method": "foobar", "id": "1"}', failure('1', codes.methodNotFound, 'Method not found')],
  ['{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]', unparsable],
  ['{"jsonrpc": "2.0", "method": 1, "params": "bar"}', invalid],
  ['[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},{"jsonrpc": "2.0", "method"]', unparsable],
  ['[]', invalid],
  ['[1]', [invalid]],
  ['[1,2,3]', [invalid, invalid, invalid]],
  [
    `[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
      {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
      {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
      {"foo": "boo"},
      {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
      {"jsonrpc": "2.0", "method": "get_data", "id": "9"}]`,
    [
      result('1', 7),
      result('2', 19),
      invalid,
      failure('5', codes.methodNotFound, 'Method not found'),
      result('9', ['hello', 5]),
    ],
  ],
  ['[{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},{"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}]', nothing],
]

it.each(examples.map(([sent, answer], i) => [i + 1, sent, answer] as const))('example %i', (_, sent, answer) => {
  const peer = new Recorder(({ method, params }, respond) => {
    const run = methods.get(method)
    if (run) respond(null, run(params))
    else respond(new RpcError(codes.methodNotFound, 'Method not found'))
  })
  peer.receive(sent)
  expect(peer.sent).toEqual(answer === nothing ? [] : [answer])
  expect(peer.inbox.inFlight).toBe(0)
})
