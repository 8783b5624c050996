import { getEventListeners } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { answer, RpcError } from '@rpc-steps/async-await'
import type { Handler, Peer } from '@rpc-steps/async-await'
import { describe, expect, test } from 'vitest'
import { cancels, deadlined } from '../src/index.ts'
import { dial, outcome, raw, served, stage, turn } from './support.ts'

/** Answers `x` when the test says so, and all else at once. */
function server() {
  const { handler, begun } = stage()
  const handle: Handler = (request, context) => (request.method === 'x' ? handler(request, context) : 'at once')
  return served(deadlined(handle), { log: (line) => { throw new Error(line) } }).then((server) => ({ server, begun }))
}

const tables = (peers: Iterable<Peer>) => [...peers].map((peer) => cancels(peer).size)

describe('the races of a cancel', () => {
  test('before its request: the request is answered, and not run', async () => {
    const { server: at, begun } = await server()
    const { say, heard, request, cancel } = await raw(at)
    say(cancel(1))
    say(request(1), request(2, 'y'))
    await expect.poll(heard).toEqual(['1: -32800', '2: "at once"'])
    expect(begun).toEqual([])
  })

  test('before its request, which waits because its caller reads nothing: it is answered, and not run', async () => {
    let ran = 0
    const big = 'x'.repeat(100_000)
    const at = await served(deadlined(() => (ran++, big)), { highWater: 1_000, parked: 100 })
    const { socket, say, heard, request, cancel } = await raw(at)
    socket.pause()
    // More than the kernel takes; what comes then waits unrun.
    for (let id = 1; id <= 80; id++) say(request(id))
    say(cancel(80))
    await expect.poll(() => [...at.peers].map(({ stats }) => stats.parked > 0 && stats.requests)).not.toEqual([false])
    await expect.poll(() => [...at.peers].map((peer) => (cancels(peer).isEarly(80) ? 'heard' : 'not yet'))).toEqual(['heard'])
    socket.resume()
    await expect.poll(() => heard().length).toBe(80)
    expect(heard().filter((line) => !line.includes('"xxx'))).toEqual(['80: -32800'])
    expect(ran).toBe(79)
  })

  test('during: the handler hears it, the answer is that it was cancelled, and what the handler says then is nothing', async () => {
    const { server: at, begun } = await server()
    const { say, heard, request, cancel } = await raw(at)
    say(request(1), request(2))
    await expect.poll(() => begun.length).toBe(2)
    const { signal } = begun[0]!.context
    say(cancel(1))
    await expect.poll(heard).toEqual(['1: -32800'])
    expect(signal.reason).toMatchObject({ code: -32800, data: { status: 'CANCELLED' } })
    begun[0]!.end('late')
    begun[1]!.end('kept')
    await expect.poll(heard).toEqual(['1: -32800', '2: "kept"'])
    expect(tables(at.peers)).toEqual([0])
  })

  test('after the reply: nothing, and a new request may have the same id', async () => {
    const { server: at, begun } = await server()
    const { say, heard, request, cancel } = await raw(at)
    say(request(1, 'y'))
    await expect.poll(heard).toEqual(['1: "at once"'])
    say(cancel(1), request(1))
    await expect.poll(() => begun.length).toBe(1)
    begun[0]!.end('again')
    await expect.poll(heard).toEqual(['1: "at once"', '1: "again"'])
  })

  test('twice: the second is nothing, also to a new request with the same id', async () => {
    const { server: at, begun } = await server()
    const { say, heard, request, cancel } = await raw(at)
    say(request(1))
    await expect.poll(() => begun.length).toBe(1)
    say(cancel(1), cancel(1), request(1))
    await expect.poll(() => begun.length).toBe(2)
    // The first goes on after its end, and has no say in the second.
    begun[0]!.end('first')
    await turn()
    say(cancel(1))
    await expect.poll(heard).toEqual(['1: -32800', '1: -32800'])
  })

  test('of an unknown id, or of none: nothing', async () => {
    const { server: at } = await server()
    const { say, heard, request, cancel } = await raw(at)
    say(...[99, 'no', null, -1, 0.5].map(cancel))
    say(...[{}, [], { id: 1 }].map(cancel), { method: '$/cancelRequest' }, { method: '$/cancelRequest', params: [1] })
    say(request(1, 'y'))
    await expect.poll(heard).toEqual(['1: "at once"'])
  })

  test("of somebody else's: impossible, ids are those of a connection", async () => {
    const { server: at, begun } = await server()
    const [one, other] = [await raw(at), await raw(at)]
    one.say(one.request(1))
    await expect.poll(() => begun.length).toBe(1)
    other.say(other.cancel(1), other.request(2, 'y'))
    await expect.poll(other.heard).toEqual(['2: "at once"'])
    begun[0]!.end('kept')
    await expect.poll(one.heard).toEqual(['1: "kept"'])
  })

  test('of a notification: there is none, it has no id', async () => {
    const { server: at, begun } = await server()
    const { say, heard, request, cancel } = await raw(at)
    say({ method: 'x' }, cancel(null), request(1, 'y'))
    await expect.poll(heard).toEqual(['1: "at once"'])
    expect(begun[0]!.context.signal.aborted).toBe(false)
  })

  test('in a batch: the batch is answered when each of it is', async () => {
    const { server: at, begun } = await server()
    const { socket, say, cancel } = await raw(at)
    let text = ''
    socket.on('data', (chunk: string) => (text += chunk))
    const body = '[{"jsonrpc":"2.0","id":1,"method":"x"},{"jsonrpc":"2.0","id":2,"method":"x"}]'
    socket.write(`Content-Length: ${body.length}\r\n\r\n${body}`)
    await expect.poll(() => begun.length).toBe(2)
    say(cancel(2))
    await expect.poll(() => begun[1]!.context.signal.aborted).toBe(true)
    begun[0]!.end('done')
    await expect.poll(() => text).toMatch(/\[.*\]/)
    expect(text).toContain('"result":"done","id":1')
    expect(text).toContain('"code":-32800')
  })
})

test('cancels that come first are kept for a while, not for ever: the last thousand, of ids of sensible length', async () => {
  const { server: at, begun } = await server()
  const { say, heard, request, cancel } = await raw(at)
  const long = 'x'.repeat(101)
  say(cancel(-1), cancel(long), ...Array.from({ length: 3_000 }, (_, i) => cancel(i)))
  say(request(-1), request(long), request(1), request(2_999), request(1_977))
  await expect.poll(heard).toEqual(['2999: -32800', '1977: -32800'])
  expect(begun).toHaveLength(3)
})

test('a hundred thousand cancels of ids that never were leave no more behind than the first few thousand', async () => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const { server: at, begun } = await server()
  const { say, heard, request, cancel } = await raw(at)
  const kept = async (from: number, count: number) => {
    for (let i = from; i < from + count; i += 5_000) {
      say(...Array.from({ length: 5_000 }, (_, j) => cancel(`${i + j}`.padStart(100, 'x'))), request(i, 'y'))
      await expect.poll(() => heard().at(-1)).toBe(`${i}: "at once"`)
    }
    await turn()
    gc()
    return process.memoryUsage().heapUsed
  }
  const first = await kept(0, 5_000)
  expect((await kept(5_000, 100_000)) - first).toBeLessThan(4 * 2 ** 20)
  expect(tables(at.peers)).toEqual([0])
  expect(begun).toEqual([])
})

describe('a call whose signal is aborted', () => {
  test('ends here with the reason, and there with a cancel; the late reply is counted and nothing more', async () => {
    const { server: at, begun } = await server()
    const peer = await dial(at)
    const controller = new AbortController()
    const call = peer.call('x', [], { signal: controller.signal })
    await expect.poll(() => begun.length).toBe(1)
    const { signal } = begun[0]!.context
    controller.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
    await expect.poll(() => signal.aborted).toBe(true)
    await expect.poll(() => peer.stats).toMatchObject({ unanswered: 0, unknownReplies: 1 })
    expect(await peer.call('y')).toBe('at once')
  })

  test('is not cancelled if it was never written', async () => {
    const { server: at, begun } = await server()
    const peer = await dial(at, { window: 1 })
    const controller = new AbortController()
    const first = peer.call('x')
    const second = outcome(peer.call('x', [], { signal: controller.signal }))
    await expect.poll(() => begun.length).toBe(1)
    controller.abort(new RpcError(7, 'enough'))
    expect(await second).toBe(7)
    begun[0]!.end('first')
    expect(await first).toBe('first')
    expect(await peer.call('y')).toBe('at once')
    expect(begun).toHaveLength(1)
  })

  test('shares one listener with all calls of that signal, and leaves none', async () => {
    const at = await served(deadlined(answer))
    const peer = await dial(at)
    const call = deadlined(peer.call, 60_000)
    const { signal } = new AbortController()
    const listening = () => getEventListeners(signal, 'abort').length
    for (let i = 0; i < 100; i++) {
      const calls = Array.from({ length: 100 }, (_, k) => call(k % 2 ? 'add' : 'fail', [i, 1], { signal }))
      expect(listening()).toBe(1)
      await Promise.allSettled(calls)
    }
    expect(listening()).toBe(0)
  })

  test('and was before it began, says nothing to anybody', async () => {
    const { server: at, begun } = await server()
    const peer = await dial(at)
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(deadlined(peer.call, 100)('x', [], { signal })).rejects.toThrow('enough')
    await peer.call('y')
    expect(begun).toEqual([])
  })
})
