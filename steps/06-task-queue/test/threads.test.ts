import * as net from 'node:net'
import { answer, Context } from '@rpc-steps/async-await'
import type { Answer, Handler } from '@rpc-steps/async-await'
import { createFramer, requestText } from '@rpc-steps/wire'
import { describe, expect, onTestFinished, test } from 'vitest'
import { queued } from '../src/index.ts'
import { onThreads } from '../src/threads.ts'
import type { ThreadOptions } from '../src/threads.ts'
import { dial, request, served } from './support.ts'

function threaded(options: ThreadOptions = {}, methods = ['hash']) {
  const handler = onThreads(answer, methods, options)
  onTestFinished(() => handler.close())
  return handler
}

/** The longest that the service takes: many seconds. */
const long = { text: 'x', rounds: 10_000_000 }
const ask = async (handler: Handler, params: [string, number], context = new Context()): Promise<Answer> =>
  handler(request(1, undefined, 'hash', params), context)

const sha256OfAbc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

describe('on threads', () => {
  test('what is named is computed there, and the answer is the same', async () => {
    expect(await ask(threaded(), ['abc', 1])).toBe(sha256OfAbc)
  })

  test('say is answered while hash is computed', async () => {
    const peer = await dial(await served(queued(threaded(), { workers: 2 })))
    let hashed = false
    const hash = peer.call('hash', { text: 'x', rounds: 300_000 }).then(() => (hashed = true))
    for (let i = 0; i < 100; i++) expect(await peer.call('say', { text: 'hi' })).toBe('You said: hi')
    expect(hashed).toBe(false)
    await hash
  })

  test('an error for the peer comes with its code and data, and any other as an incident', async () => {
    await expect(ask(threaded(), [7 as never, 1])).rejects.toMatchObject({ code: -32602, data: '"text" must be a string' })
    const handler = threaded({}, ['fail'])
    const fail = async (params: object) => handler({ ...request(1, undefined, 'fail'), params: params as never }, new Context())
    await expect(fail({ code: 7, message: 'no', data: [1] })).rejects.toMatchObject({ code: 7, message: 'no', data: [1] })
    await expect(fail({})).rejects.toThrow('this handler has a bug')
  })
})

describe('a request whose client has gone', () => {
  test('leaves the pool while it waits there', async () => {
    const handler = threaded()
    const [first, second] = [new Context(), new Context()]
    const running = ask(handler, ['x', 200_000], first)
    const waiting = ask(handler, ['x', 10_000_000], second)
    const reason = new Error('gone')
    second.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await running
    expect(await ask(handler, ['abc', 1])).toBe(sha256OfAbc)
  })

  test('has its thread ended while it runs, and the next gets one', async () => {
    const queue = queued(threaded(), { workers: 1 })
    const server = await served(queue)
    const goes = net.connect(server.port, server.host)
    onTestFinished(() => void goes.destroy())
    // It computes for longer than this test may take.
    goes.write(createFramer('content-length').frame(requestText(1, 'hash', long)))
    await expect.poll(() => queue.places.running).toBe(1)
    goes.resetAndDestroy()
    await expect.poll(() => queue.places.running).toBe(0)
    const peer = await dial(server)
    expect(await peer.call('hash', ['abc', 1])).toBe(sha256OfAbc)
  })
})

test('more threads do more at a time', async () => {
  const handler = threaded({ threads: 2 })
  const context = new Context()
  const endless = ask(handler, ['x', 10_000_000], context)
  expect(await ask(handler, ['abc', 1])).toBe(sha256OfAbc)
  context.abort(new Error('enough'))
  await expect(endless).rejects.toThrow('enough')
})

test('closed, it computes no more', async () => {
  const handler = threaded()
  const endless = ask(handler, ['x', 10_000_000])
  endless.catch(() => {})
  await handler.close()
  await expect(endless).rejects.toThrow()
})
