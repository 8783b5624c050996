import { answer } from '@rpc-steps/async-await'
import { queued } from '@rpc-steps/task-queue'
import type { Queued } from '@rpc-steps/task-queue'
import { expect, test } from 'vitest'
import { drained, streaming } from '../src/index.ts'
import { credit, rawClient, request, served } from './support.ts'

async function serving() {
  let queue!: Queued
  const at = await served(streaming(answer), {}, (handler) => (queue = queued(handler, { workers: 1 })))
  return { queue, at, client: await rawClient(at) }
}

test('a server that is to end is not held by a reader who has stopped', async () => {
  const { queue, at, client } = await serving()
  client.say(request(1, 'count', { to: 9 }, { credit: 1 }), request(2, 'say', { text: 'behind it' }))
  await expect.poll(client.heard).toEqual(['stream/down 1: 1'])
  await drained(queue, 50)
  await at.close()
  await expect.poll(() => client.socket.readableEnded || client.socket.destroyed).toBe(true)
})

test('nor does it end before one who goes on reading has all', async () => {
  const { queue, at, client } = await serving()
  client.say(request(1, 'count', { to: 3 }, { credit: 1 }))
  await expect.poll(client.heard).toEqual(['stream/down 1: 1'])
  const ends = drained(queue, 50).then(() => at.close())
  client.say(request(2, 'say', { text: 'too late' }))
  await expect.poll(client.heard).toEqual(['stream/down 1: 1', '2: -32014'])
  client.say(credit(1, 1))
  await expect.poll(() => client.heard().at(-1)).toBe('stream/down 1: 2')
  client.say(credit(1, 1))
  await ends
  expect(client.heard().slice(2)).toEqual(['stream/down 1: 2', 'stream/down 1: 3', '1: null'])
})
