import type { Json, Params } from '@rpc-steps/wire'
import { expect, expectTypeOf, test } from 'vitest'
import { client, notifier } from '../src/index.ts'
import type { Call } from '../src/index.ts'

const sent: [string, Params | undefined][] = []
const call: Call = (method, params) => {
  sent.push([method, params])
  return Promise.resolve('result' as Json)
}
const api = client(call)

test('a method of the client is a call of that name', async () => {
  expect(await api.say({ text: 'Hello' })).toBe('result')
  expect(sent).toEqual([['say', { text: 'Hello' }]])
})

test('the client can be awaited and written as JSON without calling the peer', async () => {
  sent.length = 0
  expect(JSON.stringify({ api })).toBe('{"api":{}}')
  expect(sent).toEqual([])
  expect(await Promise.resolve(api)).toBe(api)
  expect(sent).toEqual([])
})

test('a notifier tells, and asks for nothing', async () => {
  const told: unknown[] = []
  const peer = { notify: (...what: unknown[]) => (told.push(what), Promise.resolve()) }
  await notifier(peer).update([1])
  expect(told).toEqual([['update', [1]]])
})

test('names, parameters and results have the types of the service', () => {
  // #region inferred
  expectTypeOf(api.say).parameter(0).toEqualTypeOf<{ text: string }>()
  expectTypeOf(api.add).returns.toEqualTypeOf<Promise<number>>()
  expectTypeOf(api.sum).parameter(0).toEqualTypeOf<number[]>()
  expectTypeOf(api.update).returns.toEqualTypeOf<Promise<null>>()
  expectTypeOf(() => api.get_data()).returns.toEqualTypeOf<Promise<(string | number)[]>>()
  // #endregion
  // Each of these must be an error of the compiler; `npm run typecheck` is what runs this test.
  const wrong = () => [
    // @ts-expect-error there is no such method
    api.shout({ text: 'x' }),
    // @ts-expect-error the parameter is missing
    api.say(),
    // @ts-expect-error the parameter has another name
    api.say({ words: 'x' }),
    // @ts-expect-error the parameter has another type
    api.add({ a: '1', b: 2 }),
  ]
  expect(wrong).toBeTypeOf('function')
})
