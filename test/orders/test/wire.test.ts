import { expect, test } from 'vitest'
import { Wire } from '../src/wire.ts'

/** What is broken when these messages are said, `>` by the client and `<` by the server, each read at once. */
function brokenBy(...messages: string[]): string[] {
  const rules: string[] = []
  const wire = new Wire((rule) => rules.push(rule), () => Infinity)
  for (const message of messages) {
    const [from, to] = message.startsWith('>') ? (['client', 'server'] as const) : (['server', 'client'] as const)
    const text = message.slice(1)
    wire.left(from, text)
    wire.came(to, text)
    wire.read(to, text)
  }
  return rules
}

const [request, reply] = ['>{"id":1,"method":"a"}', '<{"id":1,"result":0}']

test('each request has one reply, and there is no other', () => {
  expect(brokenBy(request, reply)).toEqual([])
  expect(brokenBy(request, reply, reply)).toEqual(['a reply to each request'])
  expect(brokenBy(reply)).toEqual(['a reply to each request'])
  // That the other end has a request with this id is no excuse.
  expect(brokenBy('<{"id":1,"method":"b"}', reply)).toEqual(['a reply to each request'])
})

test('an id is used once, by each end', () => {
  expect(brokenBy(request, '<{"id":1,"method":"b"}')).toEqual([])
  expect(brokenBy(request, reply, request)).toEqual(['an id is used once'])
})
