import { expect, test } from 'vitest'
import { all, remote, serve, stranger } from './grpc-support.ts'

test('who has only the .proto calls the service with grpc-js', async () => {
  const { grpc } = await serve()
  const { value, status } = await stranger(grpc).unary('say', { text: 'Hello' })
  expect(value).toBe('You said: Hello')
  expect(status).toMatchObject({ code: 0, details: 'OK' })
})

test('our client: all four kinds', async () => {
  const { grpc } = await serve()
  const there = remote(grpc)
  expect(await there.call('add', { a: 1, b: 2 })).toBe(3)
  expect(await all(there.stream('count', { to: 5 }))).toEqual([1, 2, 3, 4, 5])
  expect(await there.upload('total', {}, [1, 2, 3])).toBe(6)
  expect(await all(there.stream('echo', {}, { up: [1, 'a', null] }))).toEqual([1, 'a', null])
})
