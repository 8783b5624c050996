import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http2'
import type { Metadata } from '@grpc/grpc-js'
import type { Handler, Json, Request, RequestContext } from '@rpc-steps/async-await'
import { deadlined } from '@rpc-steps/deadlines'
import { incoming, streamed } from '@rpc-steps/streaming'
import { codes, DisconnectedError, RpcError } from '@rpc-steps/wire'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { statuses } from '../src/index.ts'
import type { Contract } from '../src/index.ts'
import { all, errorOf, open, plain, raw, remote, serve, stranger } from './grpc-support.ts'

describe('the kinds of calls', () => {
  test('who has only the .proto calls the service with grpc-js', async () => {
    const { grpc } = await serve()
    const { value, status } = await stranger(grpc).unary('say', { text: 'Hello' })
    expect(value).toBe('You said: Hello')
    expect(status).toMatchObject({ code: 0, details: 'OK' })
  })

  test('our client makes all four', async () => {
    const { grpc } = await serve()
    const there = remote(grpc)
    expect(await there.call('add', { a: 1, b: 2 })).toBe(3)
    expect(await all(there.stream('count', { to: 5 }))).toEqual([1, 2, 3, 4, 5])
    expect(await there.upload('total', {}, [1, 2, 3])).toBe(6)
    expect(await all(there.stream('echo', {}, { up: [1, 'a', null] }))).toEqual([1, 'a', null])
  })

  test('by position, by name, with a list, with nothing', async () => {
    const there = remote((await serve()).grpc)
    expect(await there.call('subtract', [42, 23])).toBe(19)
    expect(await there.call('subtract', { subtrahend: 23, minuend: 42 })).toBe(19)
    expect(await there.call('sum', [1, 2, 4])).toBe(7)
    expect(await there.call('get_data')).toEqual(['hello', 5])
    expect(await there.call('update', [1])).toBeNull()
  })

  test('a stream that is asked for as a whole is an array, if it is not too long', async () => {
    const there = remote((await serve()).grpc)
    expect(await there.call('count', { to: 3 })).toEqual([1, 2, 3])
    expect(await errorOf(there.call('count', { to: 1001 }))).toMatchObject({ code: codes.invalidParams })
  })

  test('proto3 has no missing numbers: for a stranger, none is zero', async () => {
    const { grpc } = await serve()
    const them = stranger(grpc)
    const bytes = them.of('add').requests.write({ a: 0, b: 2 })
    // Whether the zero is written or left out, it is the same message.
    expect((await them.unary('add', bytes)).value).toBe(2)
    expect((await them.unary('add', bytes.subarray(9))).value).toBe(2)
    expect((await them.unary('add', Buffer.alloc(0))).value).toBe(0)
    // So our client looks before it writes.
    expect(await errorOf(remote(grpc).call('add', { b: 2 }))).toMatchObject({ code: codes.invalidParams, message: 'Invalid params' })
  })
})

describe('statuses', () => {
  test.each(statuses)('$status is $grpc, and comes back as it was', async ({ status, code, grpc: number }) => {
    const { grpc } = await serve()
    const data = { status, why: ['because', 1, null] }
    const params = { code, message: `no: ${status}`, data }
    expect((await stranger(grpc).unary('fail', params)).status).toMatchObject({ code: number, details: `no: ${status}` })
    const error = await errorOf(remote(grpc).call('fail', params))
    expect(error).toBeInstanceOf(RpcError)
    expect(error).toMatchObject({ code, message: `no: ${status}`, data, from: 'peer' })
  })

  test('an error of its own keeps its code, and is UNKNOWN to others', async () => {
    const { grpc } = await serve()
    const params = { code: 1234, message: 'a teapot', data: 7 }
    expect((await stranger(grpc).unary('fail', params)).status).toMatchObject({ code: 2, details: 'a teapot' })
    expect(await errorOf(remote(grpc).call('fail', params))).toMatchObject(params)
  })

  test.each([
    ['lines, and a language', 'one\r\ntwo: \u00e4\u{1f600}%'],
    ['nothing', ''],
  ])('a message with %s', async (_, message) => {
    const { grpc } = await serve()
    const params = { code: 1, message }
    expect((await stranger(grpc).unary('fail', params)).status.details).toBe(message)
    expect(await errorOf(remote(grpc).call('fail', params))).toMatchObject(params)
  })

  test('what is too large for a header is cut; what a program decides by stays', async () => {
    const there = await open(() => {
      throw new RpcError(codes.resourceExhausted, '\u{1f600}'.repeat(100_000), { status: 'RESOURCE_EXHAUSTED', retryAfterMs: 70, all: 'x'.repeat(1e6) })
    })
    const error = await errorOf(remote(there).call('say', { text: '' })) as RpcError
    expect(error).toMatchObject({ code: codes.resourceExhausted, data: { status: 'RESOURCE_EXHAUSTED', retryAfterMs: 70 } })
    expect(error.message).toMatch(/^\u{1f600}{50,}\.\.\.$/u)
  })

  test('half of a surrogate pair, or what is too deep, is no reason to say nothing', async () => {
    const deep = JSON.parse('['.repeat(60) + ']'.repeat(60)) as Json
    const errors = [new RpcError(-5, 'a\ud800b'), new RpcError(-6, 'deep', { status: 'UNAVAILABLE', deep }), new RpcError(-7, 'half', '\udc00')]
    const there = remote(await open(() => {
      throw errors.shift()!
    }))
    expect(await errorOf(there.call('say', { text: '' }))).toMatchObject({ code: -5, message: 'a\ufffdb' })
    expect(await errorOf(there.call('say', { text: '' }))).toMatchObject({ code: -6, message: 'deep', data: { status: 'UNAVAILABLE' } })
    expect(await errorOf(there.call('say', { text: '' }))).toMatchObject({ code: -7, message: 'half' })
  })

  test('a fault of ours is a number to quote, and no more', async () => {
    const lines: string[] = []
    const there = await open(() => {
      throw new TypeError('secret')
    }, { log: (line) => lines.push(line) })
    const { status } = await stranger(there).unary('say', { text: '' })
    expect(status).toMatchObject({ code: 13, details: 'Internal error' })
    const error = await errorOf(remote(there).call('say', { text: '' })) as RpcError
    expect(error).toMatchObject({ code: codes.internalError, message: 'Internal error' })
    expect(lines).toHaveLength(2)
    expect(lines[1]).toContain((error.data as { incident: string }).incident)
    expect(JSON.stringify([status, error.data])).not.toContain('secret')
  })

  test('an answer that the contract does not know is a fault of ours, too', async () => {
    const lines: string[] = []
    const there = remote(await open(() => ({ no: 'text' }), { log: (line) => lines.push(line) }))
    expect(await errorOf(there.call('say', { text: '' }))).toMatchObject({ code: codes.internalError })
    expect(await errorOf(there.call('get_data'))).toMatchObject({ code: codes.internalError }) // our client looks, too
    expect(lines.join()).toContain('is no string')
  })

  test('what is shed is told when to come again: for our client, and for others', async () => {
    const { grpc } = await serve({ workers: 1, capacity: 1 })
    const them = stranger(grpc)
    const busy = [1, 2].map(() => remote(grpc).call('sleep', { ms: 500 }))
    let status
    await expect.poll(async () => (status = (await them.unary('sleep', { ms: 0 }, { deadline: Date.now() + 50 })).status).code).toBe(8)
    expect(Number((status as unknown as { metadata: Metadata }).metadata.get('grpc-retry-pushback-ms')[0])).toBeGreaterThan(0)
    const error = await errorOf(remote(grpc).call('sleep', { ms: 0 })) as RpcError
    expect(error).toMatchObject({ code: codes.resourceExhausted, data: { status: 'RESOURCE_EXHAUSTED' } })
    expect((error.data as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(0)
    await Promise.all(busy)
  })

  test('a method that is not there', async () => {
    const { grpc } = await serve()
    expect((await stranger(grpc).unary('say', { text: '' }, { path: '/rpcsteps.v1.Service/Nothing' })).status.code).toBe(12)
    expect((await stranger(grpc).unary('say', { text: '' }, { path: '/constructor' })).status.code).toBe(12)
    expect(await errorOf(remote(grpc).call('constructor'))).toMatchObject({ code: codes.methodNotFound })
  })

  test('nobody there, or gone in the middle, is no answer', async () => {
    let asked = 0
    const gone = await open(() => {
      asked++
      return new Promise(() => {})
    }, { grace: 50 })
    const there = remote(gone)
    const call = errorOf(there.call('say', { text: '' }))
    const left = there.stream('count', { to: 9 })[Symbol.asyncIterator]()
    const items = errorOf(left.next())
    await expect.poll(() => asked).toBe(2)
    await gone.close()
    expect(await call).toBeInstanceOf(DisconnectedError)
    expect(await items).toBeInstanceOf(DisconnectedError)
    const never = await errorOf(remote(gone).call('say', { text: '' }))
    expect(never).toBeInstanceOf(DisconnectedError)
    expect(never).toMatchObject({ sent: false })
  })
})

const wide: Contract = { add: { says: 'Adds.', params: z.object({ a: z.int(), b: z.int() }), result: z.int() } }

describe('integers of 64 bits', () => {
  const sum: Handler = ({ params }) => {
    const { a, b } = params as { a: number; b: number }
    return a + b
  }

  test('are exact as far as JSON is, and refused beyond', async () => {
    const them = stranger(await open(sum, { contract: wide }), wide)
    // Field 1, and a varint: 2^53 - 1, then 2^53 + 1.
    expect((await them.unary('add', Buffer.from([0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]))).value).toBe(2 ** 53 - 1)
    const { status } = await them.unary('add', Buffer.from([0x08, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]))
    expect(status).toMatchObject({ code: 3, details: 'Invalid params' })
    const there = remote(await open(sum, { contract: wide }), { contract: wide })
    expect(await there.call('add', { a: -(2 ** 53 - 2), b: -1 })).toBe(-(2 ** 53 - 1))
    expect(await errorOf(there.call('add', { a: 2 ** 53, b: 0 }))).toMatchObject({ code: codes.invalidParams })
    // And an answer that is not exact any more is none.
    expect(await errorOf(there.call('add', { a: 2 ** 53 - 1, b: 1 }))).toMatchObject({ code: codes.internalError })
  })
})

describe('the end of waiting', () => {
  /** Waits until it is ended, and tells what has ended it. */
  const waiting = () => {
    const reasons: unknown[] = []
    const requests: Request[] = []
    const handler: Handler = (request, { signal }: RequestContext) => {
      requests.push(request)
      return new Promise((_, reject) => signal.addEventListener('abort', () => {
        reasons.push(signal.reason)
        reject(signal.reason as Error)
      }))
    }
    return { reasons, requests, handler }
  }

  test('a deadline travels as what is left of it, and ends the handler', async () => {
    const { reasons, requests, handler } = waiting()
    const at = await open(deadlined(handler))
    const there = remote(at)
    const error = await errorOf(there.call('say', { text: '' }, { extras: () => ({ meta: { timeoutMs: 200 } }) }))
    expect(error).toMatchObject({ code: codes.deadlineExceeded, data: { status: 'DEADLINE_EXCEEDED' } })
    const left = requests[0]!.meta!.timeoutMs ?? Infinity
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThanOrEqual(201)
    await expect.poll(() => reasons).toHaveLength(1)
    expect([codes.deadlineExceeded, codes.requestCancelled]).toContain((reasons[0] as RpcError).code)
    const { status } = await stranger(at).unary('say', { text: '' }, { deadline: Date.now() + 50 })
    expect(status.code).toBe(4)
  })

  test('without one there is none; with one of years there is none either', async () => {
    const at = await open(({ meta }) => JSON.stringify(meta))
    expect(await remote(at).call('say', { text: '' })).toBe('{}')
    expect(await remote(at).call('say', { text: '' }, { extras: () => ({ meta: { timeoutMs: 1e12 } }) })).toBe('{}')
  })

  test('one that is over is not run', async () => {
    const { requests, handler } = waiting()
    const at = await open(deadlined(handler))
    const call = plain(at).request('Say', { 'grpc-timeout': '1n' })
    const [headers] = await once(call, 'response') as [IncomingHttpHeaders]
    expect(headers['grpc-status']).toBe('4')
    expect(requests).toEqual([])
  })

  test('a cancel ends the handler with -32800, and the caller with the reason', async () => {
    const { reasons, requests, handler } = waiting()
    const there = remote(await open(handler))
    const controller = new AbortController()
    const why = new Error('enough')
    const call = errorOf(there.call('say', { text: '' }, { signal: controller.signal }))
    await expect.poll(() => requests).toHaveLength(1)
    controller.abort(why)
    expect(await call).toBe(why)
    await expect.poll(() => reasons).toHaveLength(1)
    expect(reasons[0]).toMatchObject({ code: codes.requestCancelled })
    expect(await errorOf(there.call('say', { text: '' }, { signal: controller.signal }))).toBe(why)
    expect(requests).toHaveLength(1)
  })

  test('a cancel that races the answer: each call has one end, whoever is first', async () => {
    const { grpc, server } = await serve()
    const there = remote(grpc)
    const why = new Error('enough')
    const outcomes = await Promise.all(Array.from({ length: 300 }, async (_, i) => {
      const controller = new AbortController()
      const call = there.call('add', { a: i, b: 1 }, { signal: controller.signal }).catch((error: unknown) => error)
      const turns = i % 30
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
      controller.abort(why)
      return call
    }))
    for (const [i, outcome] of outcomes.entries()) expect(outcome === why || outcome === i + 1).toBe(true)
    expect(new Set(outcomes).size).toBeGreaterThan(1)
    expect(await there.call('add', { a: 1, b: 1 })).toBe(2)
    expect(server.admission.counts.known).toBe(1)
  })

  test('one signal for thousands of calls leaves nothing behind', async () => {
    const there = remote((await serve()).grpc)
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = ((...args: Parameters<typeof add>) => void (listeners++, add(...args)))
    signal.removeEventListener = ((...args: Parameters<typeof remove>) => void (listeners--, remove(...args)))
    for (let round = 0; round < 3; round++) {
      await Promise.all(Array.from({ length: 100 }, (_, i) => there.call('add', { a: i, b: 1 }, { signal })))
    }
    expect(listeners).toBe(0)
  })

  test('1,000 calls at once', async () => {
    const there = remote((await serve()).grpc)
    const results = await Promise.all(Array.from({ length: 1000 }, (_, i) => there.call('add', { a: i, b: 1 })))
    expect(results).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1))
  })
})

/** A service of one generator, which tells how far it has come, and that it has ended. */
function generating(make: (n: number) => Json = (n) => n) {
  const seen = { made: 0, ended: 0 }
  const handler = streamed(async function* () {
    try {
      for (;;) yield make(++seen.made)
    } finally {
      seen.ended++
    }
  } as never)
  return { seen, handler }
}

/** Waits until a number does not grow any more. */
async function settled(count: () => number): Promise<number> {
  let last = -1
  await expect.poll(() => {
    const same = count() > 0 && count() === last
    last = count()
    return same
  }, { interval: 200, timeout: 10_000 }).toBe(true)
  return last
}

describe('streams', () => {
  test('an error comes after the items before it', async () => {
    const there = remote(await open(streamed(async function* () {
      yield 1
      yield 2
      throw new RpcError(-7, 'no more', { at: 3 })
    } as never)))
    const items: Json[] = []
    const error = await errorOf((async () => {
      for await (const item of there.stream('count', { to: 9 })) items.push(item)
    })())
    expect(items).toEqual([1, 2])
    expect(error).toMatchObject({ code: -7, message: 'no more', data: { at: 3 } })
  })

  test('who leaves the loop ends the generator', async () => {
    const { seen, handler } = generating()
    const there = remote(await open(handler))
    for await (const item of there.stream('count', { to: 9 })) {
      if (item === 100) break
    }
    await expect.poll(() => seen.ended).toBe(1)
    await settled(() => seen.made)
  })

  test('so does who cancels', async () => {
    const { seen, handler } = generating()
    const at = await open(handler)
    const them = stranger(at)
    const call = them.down('count', { to: 9 })
    call.on('error', () => {})
    await once(call, 'data')
    call.cancel()
    await expect.poll(() => seen.ended).toBe(1)
  })

  test.each(['ends', 'resets'] as const)('so does who %s the connection, and nothing of it is left', async (how) => {
    const { seen, handler } = generating()
    const at = await open(handler)
    const { client, request, socket } = plain(at)
    const call = request('Count')
    await once(call, 'data')
    const silent = await raw(at) // one that has not said a word
    if (how === 'ends') {
      silent.socket.end()
      client.destroy()
    } else {
      silent.socket.resetAndDestroy()
      socket.resetAndDestroy()
    }
    await expect.poll(() => seen.ended).toBe(1)
    await expect.poll(() => at.admission.counts.known).toBe(0)
  })

  test('who never reads stops the generator, and is not waited for without end', async () => {
    const { seen, handler } = generating(() => 1)
    const at = await open(handler, { grace: 100 })
    plain(at).request('Count')
    const made = await settled(() => seen.made)
    expect(made).toBeLessThan(100_000) // a window of 64 KiB, and what the library holds
    expect(seen.ended).toBe(0)
    await at.close()
    expect(seen.ended).toBe(1)
  })

  test('who uploads is slowed by who reads, and told to end when the answer is there', async () => {
    let go = () => {}
    const may = new Promise<void>((resolve) => (go = resolve))
    const there = remote(await open(streamed(async (_, context) => {
      const items = incoming(context)
      await may
      const { value } = await items.next()
      return value as Json
    })))
    let [made, ended] = [0, false]
    const up = async function* () {
      try {
        for (;;) yield ++made
      } finally {
        ended = true
      }
    }
    const answer = there.upload('total', {}, up())
    expect(await settled(() => made)).toBeLessThan(200_000)
    expect(ended).toBe(false)
    go()
    expect(await answer).toBe(1)
    await expect.poll(() => ended).toBe(true)
  })

  test('items that fail on the way up fail the call, at both ends', async () => {
    const reasons: unknown[] = []
    let heard = () => {}
    const first = new Promise<void>((resolve) => (heard = resolve))
    const there = remote(await open(streamed(async (_, context) => {
      try {
        for await (const item of incoming(context)) if (item === 1) heard()
      } catch (error) {
        reasons.push(error)
        throw error
      }
      return 0
    })))
    const why = new Error('the disk is gone')
    const up = async function* () {
      yield 1
      await first
      throw why
    }
    expect(await errorOf(there.upload('total', {}, up()))).toBe(why)
    await expect.poll(() => reasons).toMatchObject([{ code: codes.requestCancelled }])
    expect(await errorOf(there.upload('total', {}, ['no number']))).toMatchObject({ code: codes.invalidParams })
  })

  test('an item that is none is INVALID_ARGUMENT', async () => {
    const { grpc } = await serve()
    const call = stranger(grpc).bidi('echo')
    call.write(Buffer.alloc(0)) // a google.protobuf.Value without a value
    const [error] = await once(call, 'error') as [{ code: number }]
    expect(error.code).toBe(3)
  })

  test('a fast stream leaves room for calls', async () => {
    const there = remote((await serve()).grpc)
    const stream = there.stream('count', { to: 1e9 })[Symbol.asyncIterator]()
    let read = 0
    let on = true
    const reading = (async () => {
      while (on) {
        await stream.next()
        read++
      }
      await stream.return!()
    })()
    for (let i = 0; i < 20; i++) expect(await there.call('add', { a: i, b: 1 })).toBe(i + 1)
    on = false
    await reading
    expect(read).toBeGreaterThan(20)
  })
})
