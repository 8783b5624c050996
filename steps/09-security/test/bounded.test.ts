import fc from 'fast-check'
import { Context, RpcError } from '@rpc-steps/async-await'
import type { Answer, Handler, Peer } from '@rpc-steps/async-await'
import { deadlined } from '@rpc-steps/deadlines'
import { describe, expect, test } from 'vitest'
import { bounded } from '../src/index.ts'
import { ada, bob, dial, outcome, rawClient, request, serve, turn } from './support.ts'

/** A handler that answers when the test says so. */
function held() {
  const waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = []
  const handler: Handler = ({ method }) => {
    if (method === 'at once') return 'done'
    if (method === 'throw') throw new RpcError(-1, 'thrown')
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
  }
  return { waiting, handler }
}

describe('a connection', () => {
  test('has so many requests in flight and no more, and gets each place back', async () => {
    const { waiting, handler } = held()
    const at = await serve(handler, { requests: 2 })
    const { say, heard } = await rawClient(at, ada)
    say(request(1, 'wait'), request(2, 'wait'), request(3, 'wait'), request(4, 'at once'))
    await expect.poll(heard).toEqual(['3: -32029', '4: -32029'])
    waiting[0]!.resolve('a')
    await expect.poll(() => heard().at(-1)).toBe('1: "a"')
    say(request(5, 'throw'), request(6, 'throw'), request(7, 'at once'), request(8, 'wait'), request(9, 'wait'))
    await expect.poll(() => heard().slice(3)).toEqual(['5: -1', '6: -1', '7: "done"', '9: -32029'])
    waiting[1]!.reject(new RpcError(-2, 'rejected'))
    waiting[2]!.resolve('b')
    await expect.poll(() => heard().slice(7)).toEqual(['2: -2', '8: "b"'])
    say(request(10, 'wait'), request(11, 'wait'), request(12, 'wait'))
    await expect.poll(() => heard().at(-1)).toBe('12: -32029')
    expect(at.refused()).toEqual(Array(4).fill('RESOURCE_EXHAUSTED: too much in flight'))
  })

  test('takes no place of another connection', async () => {
    const { waiting, handler } = held()
    const at = await serve(handler, { requests: 1 })
    const [one, two] = [await dial(at, ada), await dial(at, bob)]
    const answers = [one.call('wait'), two.call('wait')]
    await expect.poll(() => waiting.length).toBe(2)
    for (const { resolve } of waiting) resolve('done')
    expect(await Promise.all(answers)).toEqual(['done', 'done'])
  })

  test('has notifications in flight, too: who sends a thousand runs no thousand', async () => {
    const { waiting, handler } = held()
    const at = await serve(handler, { requests: 3 })
    const { say, heard } = await rawClient(at, ada)
    say(...Array.from({ length: 1000 }, () => ({ method: 'wait' })), request(1, 'at once'))
    await expect.poll(heard).toEqual(['1: -32029'])
    expect(waiting).toHaveLength(3)
    for (const { resolve } of waiting) resolve(null)
    await turn()
    say(request(2, 'at once'))
    await expect.poll(() => heard().at(-1)).toBe('2: "done"')
  })

  test('has so many characters in flight, and one message always', async () => {
    const { waiting, handler } = held()
    const at = await serve(handler, { size: 1000 })
    const { say, heard } = await rawClient(at, ada)
    const large = { text: 'x'.repeat(5000) }
    say(request(1, 'wait', {}, large), request(2, 'at once'))
    await expect.poll(heard).toEqual(['2: -32029'])
    waiting[0]!.resolve('a')
    await expect.poll(() => heard().at(-1)).toBe('1: "a"')
    say(request(3, 'wait', {}, { text: 'x'.repeat(400) }), request(4, 'wait', {}, { text: 'x'.repeat(600) }), request(5, 'wait'))
    await expect.poll(() => heard().at(-1)).toBe('4: -32029')
    await expect.poll(() => waiting.length).toBe(3)
  })

  test('a batch counts each of its requests, and its characters once', async () => {
    const { waiting, handler } = held()
    const at = await serve(handler, { requests: 3, size: 1000 })
    const { say, heard } = await rawClient(at, ada)
    say([1, 2, 3, 4, 5].map((id) => request(id, 'wait', {}, { text: 'x'.repeat(100) })))
    await expect.poll(() => waiting.length).toBe(3)
    for (const { resolve } of waiting) resolve('done')
    await expect.poll(() => heard().sort()).toEqual(['1: "done"', '2: "done"', '3: "done"', '4: -32029', '5: -32029'])
    say([request(6, 'at once')])
    await expect.poll(() => heard().at(-1)).toBe('6: "done"')
  })

  test('a batch of more than it may have is refused as a whole', async () => {
    const at = await serve(() => 'done', { batch: 2 })
    const { say, heard } = await rawClient(at, ada)
    say([request(1, 'x'), request(2, 'x'), request(3, 'x')])
    await expect.poll(heard).toEqual(['null: -32600'])
  })

  test('a batch is one message, and one may always come', async () => {
    const at = await serve(() => new Promise<string>((resolve) => void turn().then(() => resolve('done'))), { size: 1 })
    const { say, heard } = await rawClient(at, ada)
    say([request(1, 'x'), request(2, 'x'), request(3, 'x')])
    await expect.poll(heard).toEqual(['1: "done"', '2: "done"', '3: "done"'])
  })

  test('a request that was cancelled has its place until its handler has ended', async () => {
    const { waiting, handler } = held()
    const at = await serve(deadlined(handler), { requests: 1 })
    const { say, heard } = await rawClient(at, ada)
    say(request(1, 'wait'), { method: '$/cancelRequest', params: { id: 1 } }, request(2, 'at once'))
    await expect.poll(heard).toEqual(['1: -32800', '2: -32029'])
    waiting[0]!.resolve('too late')
    await turn()
    say(request(3, 'at once'))
    await expect.poll(() => heard().at(-1)).toBe('3: "done"')
  })

  test('that has gone has taken nothing from the next', async () => {
    const { waiting, handler } = held()
    const at = await serve(handler, { requests: 1 })
    const peer = await dial(at, ada)
    const lost = outcome(peer.call('wait'))
    await expect.poll(() => waiting.length).toBe(1)
    peer.destroy()
    expect(await lost).toBe('ERR_DISCONNECTED')
    const next = await dial(at, ada)
    const answered = next.call('wait')
    await expect.poll(() => waiting.length).toBe(2)
    for (const { resolve } of waiting) resolve('done')
    expect(await answered).toBe('done')
    expect(await next.call('at once')).toBe('done')
  })
})

describe('bounded', () => {
  test('counts right, whatever comes and goes', async () => {
    const step = fc.oneof(
      fc.record({ what: fc.constantFrom('wait' as const, 'at once' as const, 'throw' as const), size: fc.nat({ max: 50 }) }),
      fc.record({ what: fc.constantFrom('resolve' as const, 'reject' as const), which: fc.nat({ max: 9 }) }),
    )
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.nat({ max: 100 }), fc.array(step, { maxLength: 40 }), async (requests, size, steps) => {
      const { waiting, handler } = held()
      const inFlight: { size: number; end: (typeof waiting)[number] }[] = []
      const limited = bounded(handler, { requests, size })
      const peer = {} as Peer
      for (const one of steps) {
        if ('which' in one) {
          const [ended] = inFlight.splice(one.which % Math.max(1, inFlight.length), 1)
          ended?.end[one.what](one.what === 'reject' ? new Error() as never : null as never)
          await turn()
          continue
        }
        const load = inFlight.reduce((sum, { size }) => sum + size, 0)
        const fits = inFlight.length < requests && (inFlight.length === 0 || one.size === 0 || load + one.size <= size)
        const ask = () => limited({ jsonrpc: '2.0', id: 1, method: one.what }, new Context({ peer, size: one.size }))
        if (!fits) expect(ask).toThrow('Too many requests')
        else if (one.what === 'throw') expect(ask).toThrow('thrown')
        else {
          const answer = ask()
          if (one.what !== 'wait') expect(answer).toBe('done')
          else {
            Promise.resolve(answer).catch(() => {})
            inFlight.push({ size: one.size, end: waiting.at(-1)! })
          }
        }
      }
    }), { numRuns: 50 })
  })

  test('gives a place back once, also to a promise that calls back twice', async () => {
    const twice: PromiseLike<Answer> = {
      then(resolve) {
        resolve?.(null)
        resolve?.(null)
        return this as never
      },
    }
    let begun = 0
    const limited = bounded(({ method }) => (method === 'twice' ? twice : new Promise(() => void begun++)), { requests: 1 })
    const peer = {} as Peer
    const ask = (method: string) => limited({ jsonrpc: '2.0', id: 1, method }, new Context({ peer }))
    await ask('twice')
    void ask('wait')
    expect(() => ask('wait')).toThrow('Too many requests')
    expect(begun).toBe(1)
  })

  test('behind another protocol counts nothing, and limits that are none are told', async () => {
    const limited = bounded(() => new Promise(() => {}), { requests: 1 })
    for (let i = 0; i < 3; i++) void limited({ jsonrpc: '2.0', id: 1, method: 'x' }, new Context())
    expect(() => bounded(() => null, { requests: 0 })).toThrow('requests must be 1 or more, not 0')
    expect(() => bounded(() => null, { size: NaN })).toThrow(RangeError)
  })
})
