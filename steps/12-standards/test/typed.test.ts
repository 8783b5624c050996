import { answer, connect, listen } from '@rpc-steps/async-await'
import type { Call, Handler, Json } from '@rpc-steps/async-await'
import { cancels, deadlined } from '@rpc-steps/deadlines'
import { numbers, streamed, streaming, streams } from '@rpc-steps/streaming'
import type { StreamHandler } from '@rpc-steps/streaming'
import { describe, expect, expectTypeOf, onTestFinished, test, vi } from 'vitest'
import { contract, contracted, typed } from '../src/index.ts'
import type { Remote } from '../src/index.ts'

/** A client of this service, over a real connection. */
async function clientOf(service: StreamHandler) {
  const handler: Handler = deadlined(streamed(service))
  const server = await listen(handler, { host: '127.0.0.1', port: 0 }, { extensions: [streams, cancels], log: () => {} })
  onTestFinished(() => server.close())
  const peer = await connect(server, { extensions: [streams, cancels] })
  onTestFinished(() => void peer.destroy())
  return typed(peer.call, contract)
}

const all = async <T>(items: AsyncIterable<T>) => {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

describe('the service', () => {
  const honest = contracted(streaming(answer))

  test('answers with what the contract says, and the types say it too', async () => {
    const client = await clientOf(honest)
    const said = await client.say({ text: 'a' })
    expectTypeOf(said).toEqualTypeOf<string>()
    expect(said).toBe('You said: a')
    const pair = await client.get_data()
    expectTypeOf(pair).toEqualTypeOf<[string, number]>()
    expect(pair).toEqual(['hello', 5])
    expect(await client.sum([1, 2])).toBe(3)
    expect(await client.update([1])).toBe(null)

    const counted = client.count({ to: 3 })
    expectTypeOf(counted).toEqualTypeOf<AsyncIterable<number>>()
    expect(await all(counted)).toEqual([1, 2, 3])
    // Each loop is a call of its own.
    expect(await all(counted)).toEqual([1, 2, 3])
    expect(await client.total({}, { up: numbers(100) })).toBe(5050)
    expect(await all(client.echo({}, { up: ['a', 2, null] }))).toEqual(['a', 2, null])
  })

  test('what does not fit does not compile', async () => {
    const client = await clientOf(honest)
    // @ts-expect-error no number is a text
    await expect(client.say({ text: 5 })).rejects.toMatchObject({ code: -32602, data: expect.stringMatching(/^"text": /) })
    // @ts-expect-error it cannot do without
    await expect(client.say()).rejects.toMatchObject({ code: -32602 })
    // @ts-expect-error the items are numbers
    await expect(client.total({}, { up: ['a'] })).rejects.toMatchObject({ code: -32602, data: expect.stringMatching(/^item 1: /) })
    // @ts-expect-error there is no such method
    expect(client.nowhere).toBe(undefined)
    expect((client as { then?: unknown }).then).toBe(undefined)
  })

  test('its own errors come as they are', async () => {
    const client = await clientOf(honest)
    await expect(client.fail({ code: -7, message: 'no', data: { status: 'UNAVAILABLE', retryAfterMs: 5 } })).rejects.toMatchObject({
      code: -7, message: 'no', data: { status: 'UNAVAILABLE', retryAfterMs: 5 }, from: 'peer',
    })
  })

  test('a signal ends a call, and a break a stream', async () => {
    const ended = vi.fn()
    const client = await clientOf(async function* (_, context) {
      try {
        for (let n = 1; ; n++) {
          yield n
          await context.sleep(1)
        }
      } finally {
        ended()
      }
    } as StreamHandler)
    for await (const n of client.count({ to: 100 })) if (n === 3) break
    await expect.poll(() => ended.mock.calls.length).toBe(1)
    const late = new Error('too late')
    const controller = new AbortController()
    const reading = all(client.count({ to: 5 }, { signal: controller.signal }))
    controller.abort(late)
    await expect(reading).rejects.toBe(late)
  })
})

describe('a server that answers something else', () => {
  const lies: StreamHandler = ({ method }) => {
    if (method === 'say') return { text: 'a' }
    if (method === 'get_data') return ['hello', 5, 6]
    if (method === 'add') return undefined
    if (method === 'total') return '5'
    return (async function* (): AsyncGenerator<Json> {
      yield* [1, 2, 'three', 4]
    })()
  }

  test('is an error that says what is wrong, and never a wrong value', async () => {
    const client = await clientOf(lies)
    const broken = (says: RegExp) => expect.objectContaining({ code: -32603, from: 'here', message: expect.stringMatching(says) })
    await expect(client.say({ text: 'a' })).rejects.toEqual(broken(/^the answer to say is not what the contract says: .*string/))
    await expect(client.get_data()).rejects.toEqual(broken(/^the answer to get_data /))
    await expect(client.add({ a: 1, b: 2 })).rejects.toEqual(broken(/^the answer to add .*number/))
    await expect(client.total({}, { up: [] })).rejects.toEqual(broken(/^the answer to total .*number/))
  })

  test('in a stream the items before are read, then there is the error, and the server is told to stop', async () => {
    const ended = vi.fn()
    const client = await clientOf((async function* () {
      try {
        yield* [1, 2, 'three', ...Array<number>(10_000).fill(4)] as Json[]
      } finally {
        ended()
      }
    }) as StreamHandler)
    const seen: number[] = []
    const reading = (async () => {
      for await (const n of client.count({ to: 9 })) seen.push(n)
    })()
    await expect(reading).rejects.toThrow(/^the answer to count is not what the contract says: item 3: .*/)
    expect(seen).toEqual([1, 2])
    await expect.poll(() => ended.mock.calls.length).toBe(1)
  })
})

test('over any remote: each method goes the way that the contract says', async () => {
  const asked: unknown[] = []
  const call: Call = async (...all) => (asked.push(['call', ...all]), 'You said: x')
  const remote: Pick<Remote, 'call' | 'stream' | 'upload'> = {
    call,
    async *stream(...all) {
      asked.push(['stream', ...all])
      yield 1
    },
    upload: async (...all) => (asked.push(['upload', ...all]), 6),
  }
  const client = typed(remote, contract)
  const { signal } = new AbortController()
  await client.say({ text: 'x' }, { signal })
  await all(client.count({ to: 1 }, { signal }))
  await all(client.echo({}, { up: [1] }))
  await client.total({}, { up: [1, 2], signal })
  expect(asked).toEqual([
    ['call', 'say', { text: 'x' }, { signal }],
    ['stream', 'count', { to: 1 }, { signal }],
    ['stream', 'echo', {}, { up: [1] }],
    ['upload', 'total', {}, [1, 2], { signal }],
  ])
})
