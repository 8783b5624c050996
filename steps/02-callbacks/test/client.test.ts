import { RpcError, DisconnectedError } from '@rpc-steps/wire'
import { expect, test } from 'vitest'
import { OverflowError } from '@rpc-steps/session'
import { answer, connect } from '../src/index.ts'
import type { Client } from '../src/index.ts'
import { calling, connected, listening, scripted } from './ends.ts'
import type { Message, Peer } from './ends.ts'

/** Calls and tells whether it was called back before `call` had returned, and with what. */
function watched(client: Client, params: { n: number | bigint } = { n: 1 }) {
  return new Promise<{ synchronous: boolean; error: Error | null }>((resolve) => {
    let returned = false
    client.call('method', params as { n: number }, (error) => {
      resolve({ synchronous: !returned, error })
    })
    returned = true
  })
}

test('many calls are in flight at once, and each gets its own reply', async () => {
  const { port } = await listening(answer)
  const client = await connected({ port })
  const order: string[] = []
  await Promise.all([
    calling(client, 'sleep', { ms: 60 }).then((ms) => order.push(`slept ${String(ms)}`)),
    calling(client, 'sleep', { ms: 20 }).then((ms) => order.push(`slept ${String(ms)}`)),
    calling(client, 'say', { text: 'Hello' }).then((said) => order.push(String(said))),
  ])
  expect(order).toEqual(['You said: Hello', 'slept 20', 'slept 60'])
})

test('ids count up from 1 and are never used again', async () => {
  const ids: (number | null)[] = []
  const port = await scripted(async (peer) => {
    for (let m; (m = await peer.message()); ) {
      ids.push(m.id)
      peer.send({ id: m.id, result: null })
    }
  })
  const client = await connected({ port })
  await calling(client, 'a')
  await Promise.all([calling(client, 'b'), calling(client, 'c')])
  await calling(client, 'd')
  expect(ids).toEqual([1, 2, 3, 4])
})

test('calls of one turn travel in one chunk', async () => {
  const chunks: number[] = []
  const port = await scripted(async (peer) => {
    peer.socket.on('data', (chunk: Buffer) => chunks.push(chunk.toString().split('"id"').length - 1))
    for (let m; (m = await peer.message()); ) peer.send({ id: m.id, result: null })
  })
  const client = await connected({ port })
  for (let i = 0; i < 9; i++) client.call('method', undefined, () => {})
  await calling(client, 'method')
  expect(chunks).toEqual([10])
})

test('an error reply becomes an RpcError', async () => {
  const { port } = await listening(answer)
  const client = await connected({ port })
  const call = calling(client, 'fail', { code: 7, message: 'No', data: [1] })
  await expect(call).rejects.toEqual(new RpcError(7, 'No', [1], 'peer'))
})

test('calls back once, however often the reply comes', async () => {
  const port = await scripted(async (peer) => {
    const m = await peer.message()
    const reply = { id: m?.id, result: 'once' }
    peer.send(reply, reply)
    peer.send(reply, { id: 99, result: null }, { id: 'x', result: null }, { id: null, result: 1 })
    const last = await peer.message()
    peer.send({ id: last?.id, result: 'last' })
    peer.socket.destroy()
  })
  const client = await connected({ port })
  let times = 0
  const first = new Promise((resolve) => client.call('method', undefined, () => resolve(++times)))
  await first
  expect(await calling(client, 'last')).toBe('last')
  await new Promise((resolve) => client.once('close', () => resolve(null)))
  expect(times).toBe(1)
  expect(client.unknownReplies).toBe(5)
})

test('a reply that is neither result nor error is an error of its call', async () => {
  const port = await scripted(async (peer) => {
    const m = await peer.message()
    peer.send({ id: m?.id, error: 'no object' })
  })
  const client = await connected({ port })
  await expect(calling(client, 'method')).rejects.toBeInstanceOf(RpcError)
})

test('never calls back before call has returned: a reply', async () => {
  const { port } = await listening((_, respond) => respond(null, 1))
  const { synchronous, error } = await watched(await connected({ port }))
  expect({ synchronous, error }).toEqual({ synchronous: false, error: null })
})

test('never calls back before call has returned: a closed connection', async () => {
  const { port } = await listening(answer)
  const client = await connected({ port })
  client.destroy()
  const { synchronous, error } = await watched(client)
  expect(synchronous).toBe(false)
  expect(error).toBeInstanceOf(DisconnectedError)
})

test('never calls back before call has returned: parameters that are no JSON', async () => {
  const { port } = await listening(answer)
  const client = await connected({ port })
  const { synchronous, error } = await watched(client, { n: 1n })
  expect(synchronous).toBe(false)
  expect(error).toBeInstanceOf(TypeError)
  expect(client.pending).toBe(0)
  // And it says that calls can go on: no `drain` would come.
  expect(client.call('say', [1n as unknown as number], () => {})).toBe(true)
  expect(await calling(client, 'add', [1, 2])).toBe(3)
})

test('on disconnect every pending call is told, on a later turn', async () => {
  const { port } = await listening(() => {})
  const client = await connected({ port })
  const errors: unknown[] = []
  for (let i = 0; i < 5; i++) client.call('method', undefined, (error) => errors.push(error))
  client.destroy()
  expect(errors).toEqual([])
  await new Promise((resolve) => client.once('close', () => resolve(null)))
  expect(errors).toHaveLength(5)
  for (const error of errors) expect(error).toBeInstanceOf(DisconnectedError)
  expect(client.pending).toBe(0)
})

test.each<[string, (peer: Peer) => unknown, string | undefined]>([
  ['ends', (peer) => peer.socket.end(), undefined],
  ['resets', (peer) => peer.socket.resetAndDestroy(), 'ECONNRESET'],
  ['ends inside a frame', (peer) => peer.socket.end('Content-Length: 10\r\n\r\n{'), 'ERR_FRAMING'],
  ['sends garbage', (peer) => peer.socket.write('HTTP/1.1 400 Bad Request\r\n'), 'ERR_FRAMING'],
])('a server that %s leaves no call pending', async (_, misbehave, cause) => {
  const port = await scripted((peer) => void peer.message().then(() => misbehave(peer)))
  const client = await connected({ port })
  const error = await calling(client, 'method').catch((e: unknown) => e as DisconnectedError)
  expect(error).toBeInstanceOf(DisconnectedError)
  const { cause: actual } = error as { cause?: { code: string } }
  expect(actual?.code).toBe(cause)
  await expect(calling(client, 'method')).rejects.toBeInstanceOf(DisconnectedError)
})

test('a server that sends half a frame has its time', async () => {
  const port = await scripted((peer) => {
    void peer.message().then(() => peer.socket.write('Content-Length: 10\r\n\r\n{'))
  })
  const client = await connected({ port, frameTimeout: 30 })
  await expect(calling(client, 'method')).rejects.toThrow(DisconnectedError)
})

test('a server that calls the client is told that there is no such method', async () => {
  const answer = new Promise<Message | undefined>((resolve) => {
    void scripted((peer) => {
      peer.send({ id: 1, method: 'hello' })
      void peer.message().then(resolve)
    }).then((port) => connected({ port }))
  })
  expect((await answer)?.error.code).toBe(-32601)
})

test('connect calls back once; what happens to the connection later is told by the client', async () => {
  const port = await scripted((peer) => void peer.message().then(() => peer.socket.resetAndDestroy()))
  const told: unknown[] = []
  const client = await new Promise<Client>((resolve) => {
    connect({ port }, (error, client) => {
      told.push(error)
      resolve(client)
    })
  })
  const closed = new Promise((resolve) => client.once('close', resolve))
  client.notify('method')
  expect(await closed).toMatchObject({ code: 'ECONNRESET' })
  expect(told).toEqual([null])
})

test('a refused connection is an error of connect', async () => {
  await expect(connected({ port: 1 })).rejects.toMatchObject({ code: 'ECONNREFUSED', port: 1 })
})

test('call says when to stop, and drain says when to go on', async () => {
  let peer: Peer | undefined
  const port = await scripted(async (p) => {
    peer = p
    p.socket.pause()
    for (let m; (m = await p.message()); ) p.send({ id: m.id, result: m.params.text.length })
  })
  const client = await connected({ port })
  const text = 'x'.repeat(100_000)
  const calls = 300 // more than the window has room for, and more than the kernel takes
  let answered = 0
  for (let i = 1; i < calls; i++) client.call('say', { text }, () => answered++)
  expect(client.call('say', { text }, () => answered++)).toBe(false)
  const drained = new Promise((resolve) => client.once('drain', () => resolve(answered)))
  expect(client.pending).toBe(calls)
  peer?.socket.resume()
  expect(await drained).toBeLessThan(calls)
  expect(await calling(client, 'say', { text })).toBe(text.length)
  expect(answered).toBe(calls)
})

test('above the hard cap a call is refused, and the others are not harmed', async () => {
  const { port } = await listening(answer)
  const client = await connected({ port, hardCap: 1_000 })
  const first = calling(client, 'say', { text: 'short' })
  let returned = false
  const refused = new Promise<Error | null>((resolve) => {
    const more = client.call('say', { text: 'x'.repeat(1_000) }, (error) => {
      expect(returned).toBe(true)
      resolve(error)
    })
    expect(more, 'nothing waits, so no drain would come').toBe(true)
  })
  returned = true
  expect(await refused).toBeInstanceOf(OverflowError)
  expect(await first).toBe('You said: short')
  expect(await calling(client, 'say', { text: 'again' })).toBe('You said: again')
})

test('end waits for the calls in flight', async () => {
  const { port } = await listening(answer)
  const client = await connected({ port })
  const closed = new Promise((resolve) => client.once('close', () => resolve('closed')))
  const call = calling(client, 'sleep', { ms: 20 })
  client.close()
  await expect(calling(client, 'say', { text: '' })).rejects.toBeInstanceOf(DisconnectedError)
  expect(await call).toBe(20)
  expect(await closed).toBe('closed')
})

test('a notification is sent, and nothing comes back', async () => {
  const seen: string[] = []
  const { port } = await listening((request, respond) => {
    seen.push(request.method)
    respond(null, 1)
  })
  const client = await connected({ port })
  expect(client.notify('update', [1])).toBe(true)
  await calling(client, 'after')
  expect(seen).toEqual(['update', 'after'])
  expect(client.unknownReplies).toBe(0)
  client.destroy()
  expect(() => client.notify('update')).toThrow(DisconnectedError)
})

test('notify, too, says when to stop', async () => {
  const client = await connected({ port: await scripted(() => {}), highWater: 10 })
  expect(client.notify('method')).toBe(true)
  expect(client.notify('method')).toBe(false)
  await new Promise((resolve) => client.once('drain', () => resolve(null)))
  expect(client.notify('method')).toBe(true)
})
