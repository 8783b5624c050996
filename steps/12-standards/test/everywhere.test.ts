import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { codes, RpcError } from '@rpc-steps/async-await'
import type { Json } from '@rpc-steps/async-await'
import { limited } from '@rpc-steps/adaptive'
import { deadlined } from '@rpc-steps/deadlines'
import { incoming } from '@rpc-steps/streaming'
import { idempotent } from '@rpc-steps/resilience'
import { readCredentials } from '@rpc-steps/security'
import { fillFolder } from '@rpc-steps/security/certificates'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { overGrpc, overHttp, overTcp, overWebSocket, statuses } from '../src/index.ts'
import type { Caller, Remote } from '../src/index.ts'
import { all, deferred, open, scratch, served } from './support.ts'
import type { Options, Served } from './support.ts'

/** One way to the service. */
interface Way {
  name: string
  open(at: Served, caller?: Caller): Promise<Remote>
  /** What it cannot do, and why; those cases are skipped. */
  cannot: { up?: string }
}

const ways: Way[] = [
  { name: 'tcp', open: (at, caller) => overTcp(at.tcp, caller), cannot: {} },
  { name: 'http', open: async (at, caller) => overHttp(at.http, caller), cannot: { up: 'a body is whole before it is answered' } },
  { name: 'websocket', open: (at, caller) => overWebSocket(at.websocket, caller), cannot: {} },
  {
    name: 'grpc',
    async open(at, caller) {
      const remote = overGrpc(at.grpc, { contract: open, grace: 500, ...caller })
      await remote.connected()
      return remote
    },
    cannot: {},
  },
]

describe.each(ways)('over $name', ({ open, cannot }) => {
  async function reached(options?: Options, caller?: Caller): Promise<Remote> {
    return opened(await served(options), caller)
  }
  async function opened(at: Served, caller?: Caller): Promise<Remote> {
    const remote = await open(at, caller)
    onTestFinished(() => remote.close())
    return remote
  }

  test('results come as they are', async () => {
    const values: Json[] = [0, '', null, false, [], {}, 'é\u0000\n\u2028"😀', 1e300, -0.5, [[{ a: [null] }]], 'x'.repeat(1_000_000)]
    const { call } = await reached({ own: { give: ({ params }) => (params as Json[])[0]! } })
    for (const value of values) expect(await call('give', [value])).toEqual(value)
    expect(await call('say', { text: 'hi' })).toBe('You said: hi')
    expect(await call('add', [1, 2])).toBe(3)
  })

  test('a thousand calls at once, each gets its own', async () => {
    const { call } = await reached()
    const numbers = Array.from({ length: 1000 }, (_, i) => i)
    expect(await Promise.all(numbers.map((n) => call('add', [n, 1])))).toEqual(numbers.map((n) => n + 1))
  })

  test('one caller has no more than so many streams, and others are served', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => log.mockRestore())
    const { call, stream } = await reached({ streams: 1, workers: 2 })
    const first = stream('count', { to: 1_000_000 })[Symbol.asyncIterator]()
    onTestFinished(async () => void (await first.return?.()))
    await first.next()
    expect(await all(stream('count', { to: 3 }))).toEqual([codes.resourceExhausted])
    expect(await call('add', [1, 2])).toBe(3)
  })

  test.each(statuses)('$status keeps its code, message and data', async ({ status, code }) => {
    const data = { status, retryAfterMs: 1500, more: ['ü'] }
    const { call } = await reached({ own: { give: () => {
      throw new RpcError(code, 'so it is', data)
    } } })
    await expect(call('give')).rejects.toMatchObject({ name: 'RpcError', code, message: 'so it is', data, from: 'peer' })
  })

  test('what a handler throws is kept from the caller, and has a number', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => log.mockRestore())
    const { call } = await reached({ own: { give: () => {
      throw new TypeError('secret')
    } } })
    const error = await call('give').catch((error: unknown) => error as RpcError)
    expect(error).toMatchObject({ code: codes.internalError, message: 'Internal error', data: { incident: expect.any(String) as string } })
    expect(log.mock.calls.join()).toContain(((error as RpcError).data as { incident: string }).incident)
    expect(JSON.stringify(error)).not.toContain('secret')
  })

  test('a method that is not there, and parameters that are wrong', async () => {
    const { call } = await reached()
    await expect(call('constructor')).rejects.toMatchObject({ code: codes.methodNotFound })
    await expect(call('add', ['x'])).rejects.toMatchObject({ code: codes.invalidParams })
  })

  test('the deadline goes with the call, and ends its handler', async () => {
    const ended = deferred<Error>()
    const { call } = await reached({ own: { wait: async (_, context) => {
      context.signal.addEventListener('abort', () => ended.resolve(context.signal.reason as Error))
      await context.sleep(60_000)
    } } })
    // Nobody hangs up here: what ends it is what was said beside the request.
    await expect(call('wait', [], { extras: () => ({ meta: { timeoutMs: 50 } }) })).rejects.toMatchObject({ code: codes.deadlineExceeded })
    expect(await ended.promise).toMatchObject({ code: codes.deadlineExceeded })
    await expect(deadlined(call, 50)('wait')).rejects.toMatchObject({ code: codes.deadlineExceeded })
  })

  test('a deadline that is over runs nothing', async () => {
    let runs = 0
    const { call } = await reached({ own: { note: () => ++runs } })
    await expect(call('note', [], { extras: () => ({ meta: { timeoutMs: 0 } }) })).rejects.toMatchObject({ code: codes.deadlineExceeded })
    expect(runs).toBe(0)
  })

  test('giving up aborts the signal of the handler', async () => {
    const [begun, ended] = [deferred(), deferred<Error>()]
    const { call } = await reached({ own: { wait: async (_, context) => {
      context.signal.addEventListener('abort', () => ended.resolve(context.signal.reason as Error))
      begun.resolve()
      await context.sleep(60_000)
    } } })
    const enough = new AbortController()
    const answer = call('wait', [], { signal: enough.signal })
    await begun.promise
    const reason = new Error('enough')
    enough.abort(reason)
    await expect(answer).rejects.toBe(reason)
    expect(await ended.promise).toBeInstanceOf(Error)
    expect(await call('add', [1, 2])).toBe(3)
  })

  test('what is too much is refused at once, and says when to come again', async () => {
    const [begun, end] = [deferred(), deferred()]
    const { call } = await reached({
      around: (handler) => limited(handler, { current: 1, sample: () => {} }),
      own: { hold: async () => {
        begun.resolve()
        await end.promise
        return 'held'
      } },
    })
    const held = call('hold')
    await begun.promise
    await expect(call('add', [1, 2])).rejects.toMatchObject({
      code: codes.resourceExhausted, data: { status: 'RESOURCE_EXHAUSTED', retryAfterMs: expect.any(Number) as number },
    })
    end.resolve()
    expect(await held).toBe('held')
    expect(await call('add', [1, 2])).toBe(3)
  })

  test('one key runs once', async () => {
    let runs = 0
    const { call } = await reached({ around: idempotent, own: { note: () => ++runs } })
    const extras = () => ({ meta: { idempotencyKey: 'k' } })
    expect(await Promise.all([call('note', [], { extras }), call('note', [], { extras })])).toEqual([1, 1])
    expect(await call('note')).toBe(2)
  })

  describe('with certificates', () => {
    async function secure(): Promise<{ at: Served; folder: string }> {
      const folder = await scratch()
      await fillFolder(folder)
      return { at: await served({ certificates: folder, strangers: 64 }), folder }
    }

    test('it is known who asks: by certificate, by token', async () => {
      const { at, folder } = await secure()
      const token = (await readFile(join(folder, 'bob.token'), 'utf8')).trim()
      const nobody = await readCredentials(folder)
      const ada = await opened(at, { credentials: await readCredentials(folder, 'ada') })
      expect(await ada.call('whoami')).toEqual({ name: 'ada', by: 'certificate' })
      const bob = await opened(at, { credentials: nobody, token })
      expect(await bob.call('whoami')).toEqual({ name: 'bob', by: 'token' })
      const both = await opened(at, { credentials: await readCredentials(folder, 'ada'), token })
      expect(await both.call('whoami')).toEqual({ name: 'bob', by: 'token' })
    })

    test('who says nothing, or what is false, is refused', async () => {
      const { at, folder } = await secure()
      const nobody = await opened(at, { credentials: await readCredentials(folder) })
      await expect(nobody.call('add', [1, 2])).rejects.toMatchObject({ code: codes.unauthenticated, data: { status: 'UNAUTHENTICATED' } })
      const liar = await opened(at, { credentials: await readCredentials(folder), token: 'false' })
      await expect(liar.call('add', [1, 2])).rejects.toMatchObject({ code: codes.unauthenticated })
    })
  })

  describe('streams', () => {
    test('come in order and to their end', async () => {
      const { stream } = await reached()
      expect(await all(stream('count', [0]))).toEqual([])
      const many = await all(stream('count', [10_000]))
      expect(many).toHaveLength(10_000)
      expect(many.every((n, i) => n === i + 1)).toBe(true)
    })

    test('64 at once, and calls between them', async () => {
      const { stream, call } = await reached()
      const streams = Array.from({ length: 64 }, () => all(stream('count', [300])))
      expect(await call('add', [1, 2])).toBe(3)
      for (const items of await Promise.all(streams)) expect(items).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
    })

    test('an item comes when it is made', async () => {
      const next = deferred()
      const { stream } = await reached({ own: { async *feed () {
        yield 1
        await next.promise
        yield 2
      } } })
      const items = stream('feed')[Symbol.asyncIterator]()
      expect(await items.next()).toMatchObject({ value: 1 })
      next.resolve()
      expect(await items.next()).toMatchObject({ value: 2 })
      expect(await items.next()).toMatchObject({ done: true })
    })

    test('an error comes after the items before it', async () => {
      const { stream } = await reached({ own: { async *feed () {
        yield 1
        yield 2
        throw new RpcError(codes.permissionDenied, 'no further', { status: 'PERMISSION_DENIED' })
      } } })
      expect(await all(stream('feed'))).toEqual([1, 2, codes.permissionDenied])
      expect(await all(stream('no such method'))).toEqual([codes.methodNotFound])
    })

    test('a deadline ends one in the middle', async () => {
      const { stream } = await reached()
      const items = stream('feed', { ms: 20, items: 1_000_000 }, { extras: () => ({ meta: { timeoutMs: 300 } }) })
      const got = await all(items)
      expect(got[0]).toBe(1)
      expect(got.at(-1)).toBe(codes.deadlineExceeded)
    })

    test('leaving the loop ends the generator', async () => {
      const ended = deferred()
      const { stream, call } = await reached({ own: { async *feed (_, context) {
        try {
          for (let n = 1; ; n++) {
            await context.sleep(1)
            yield n
          }
        } finally {
          ended.resolve()
        }
      } } })
      for await (const item of stream('feed')) if (item === 3) break
      await ended.promise
      expect(await call('add', [1, 2])).toBe(3)
    })

    test('40 MB to a slow reader: little more is made than is read', async () => {
      let made = 0
      const { stream } = await reached({ own: { async *feed () {
        for (; made < 40_000; ) yield `${++made} ${'x'.repeat(1000)}`
      } } })
      let [read, first] = [0, true]
      for await (const item of stream('feed')) {
        read++
        if (!(item as string).startsWith(`${read} `)) throw new Error(`item ${read} is out of order`)
        if (!first) continue
        first = false
        // Nobody reads, until nothing moves any more.
        for (let before = -1; before !== made; ) {
          before = made
          await delay(100)
        }
        // What the kernel keeps of a connection is some megabytes; all of it would be forty.
        expect(made).toBeLessThan(20_000)
      }
      expect(read).toBe(40_000)
    })

    test('go up, too', async ({ skip }) => {
      skip(cannot.up !== undefined, cannot.up)
      const { stream, upload } = await reached()
      expect(await upload('total', undefined, Array.from({ length: 10_000 }, (_, i) => i))).toBe(49_995_000)
      expect(await all(stream('echo', undefined, { up: ['a', { b: 1 }, null] }))).toEqual(['a', { b: 1 }, null])
    })

    test('an upload is no faster than it is read', async ({ skip }) => {
      skip(cannot.up !== undefined, cannot.up)
      const go = deferred()
      const { upload } = await reached({ own: { total: async (_, context) => {
        await go.promise
        let count = 0
        for await (const item of incoming(context)) count += Number(item !== undefined)
        return count
      } } })
      let made = 0
      const answer = upload('total', undefined, (function* () {
        for (; made < 5000; ) yield `${++made} ${'x'.repeat(10_000)}`
      })())
      for (let before = -1; before !== made; ) {
        before = made
        await delay(100)
      }
      expect(made).toBeLessThan(1000)
      go.resolve()
      expect(await answer).toBe(5000)
    })

    test.runIf(cannot.up)('do not go up, and it is said', async () => {
      const { stream, upload } = await reached()
      const no = { code: codes.methodNotFound, data: { status: 'UNIMPLEMENTED' } }
      await expect(upload('total', undefined, [1])).rejects.toMatchObject(no)
      expect(await all(stream('echo', undefined, { up: [1] }))).toEqual([codes.methodNotFound])
    })
  })

  test('a server that is gone is an error, and no wait', async () => {
    const at = await served({ own: { wait: async (_, context) => context.sleep(60_000) } })
    const remote = await opened(at)
    expect(await remote.call('add', [1, 2])).toBe(3)
    await at.server.close()
    // On a connection that it had the first may have been sent before it heard of the end.
    await expect(remote.call('add', [1, 2])).rejects.toMatchObject({ name: 'DisconnectedError' })
    await expect(remote.call('add', [1, 2])).rejects.toMatchObject({ name: 'DisconnectedError', sent: false })
  })
})

test('a server that closes answers what is in flight, everywhere', async () => {
  const end = deferred()
  let begun = 0
  const at = await served({ own: { hold: async () => {
    begun++
    await end.promise
    return 'held'
  } } })
  const remotes = await Promise.all(ways.map(({ open }) => open(at)))
  const answers = remotes.map(({ call }) => call('hold'))
  await expect.poll(() => begun).toBe(ways.length)
  const closed = at.server.close()
  end.resolve()
  expect(await Promise.all(answers)).toEqual(ways.map(() => 'held'))
  await closed
})
