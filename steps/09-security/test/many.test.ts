import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { answer, isPromise } from '@rpc-steps/async-await'
import type { Handler } from '@rpc-steps/async-await'
import { deadlined } from '@rpc-steps/deadlines'
import { stream, streamed, streaming, streams, upload } from '@rpc-steps/streaming'
import { expect, test } from 'vitest'
import { signToken } from '../src/certificates.ts'
import { principalOf, withToken } from '../src/index.ts'
import { ada, bob, dial, nobody, outcome, rawClient, request, rule, serve, tokenKey } from './support.ts'

const token = (name: string, ms = 600_000) => signToken(tokenKey, name, ms)
const who: Handler = (_, context) => principalOf(context)?.name ?? 'nobody'

test('a thousand calls at once, of four people on one connection, each answered for who asked', async () => {
  const at = await serve(who, { policy: [rule('anybody', '*')], open: () => true })
  const peer = await dial(at, nobody)
  const names = ['ada', 'bob', 'eve', undefined]
  const calls = await Promise.all(names.map(async (name) => (name === undefined ? peer.call : withToken(peer.call, await token(name)))))
  const answers = await Promise.all(Array.from({ length: 1000 }, (_, i) => calls[i % 4]!('x')))
  expect(answers).toEqual(Array.from({ length: 1000 }, (_, i) => names[i % 4] ?? 'nobody'))
  expect([...at.peers][0]!.stats).toMatchObject({ requests: 0, handling: 0 })
})

test('both ends at once, a thousand calls each, with tokens', async () => {
  const at = await serve(who)
  const here = await dial(at, ada, { handler: (request) => `back: ${request.method}` })
  await here.call('x')
  const [there] = at.peers
  const asBob = withToken(here.call, await token('bob'))
  const [up, down] = await Promise.all([
    Promise.all(Array.from({ length: 1000 }, () => asBob('x'))),
    Promise.all(Array.from({ length: 1000 }, (_, i) => there!.call(`m${i}`))),
  ])
  expect(new Set(up)).toEqual(new Set(['bob']))
  expect(down).toEqual(Array.from({ length: 1000 }, (_, i) => `back: m${i}`))
  expect([here, there!].map(({ stats }) => stats.pending + stats.unanswered + stats.requests)).toEqual([0, 0])
})

test('megabytes go through TLS whole, both ways at once, while the reader is slow', async () => {
  const at = await serve(({ params }) => (params as string[])[0]!)
  const { socket, say, heard, messages } = await rawClient(at, ada)
  const text = 'é'.repeat(1_000_000)
  socket.pause()
  say(...[1, 2, 3].map((id) => request(id, 'x', {}, [text])))
  await expect.poll(() => [...at.peers][0]!.stats.held).toBeGreaterThan(0)
  for (; heard().length < 3; await delay(1)) {
    socket.resume()
    await once(socket, 'data')
    socket.pause() // a little at a time
  }
  expect(messages.map(({ result }) => result === text)).toEqual([true, true, true])
})

test('who sends no more is still answered what is in flight', async () => {
  let end = () => {}
  const at = await serve(() => new Promise<string>((resolve) => (end = () => resolve('done'))))
  const { socket, say, heard } = await rawClient(at, ada)
  say(request(1, 'x'))
  socket.end()
  await expect.poll(() => [...at.peers].map(({ stats }) => stats.handling)).toEqual([1])
  end()
  await expect.poll(heard).toEqual(['1: "done"'])
  await expect.poll(() => at.peers.size).toBe(0)
  await expect.poll(() => at.admission.counts).toEqual({ known: 0, strangers: 0 })
})

test('close() answers what is in flight, and takes nothing new', async () => {
  const ends: (() => void)[] = []
  const at = await serve(() => new Promise<string>((resolve) => ends.push(() => resolve('done'))))
  const peers = await Promise.all([ada, bob, ada].map((credentials) => dial(at, credentials)))
  const answers = peers.map((peer) => peer.call('x'))
  await expect.poll(() => ends.length).toBe(3)
  const closed = at.close()
  expect(await outcome(peers[0]!.call('x'))).toBe(-32014)
  await expect(dial(at, ada)).rejects.toThrow()
  for (const end of ends) end()
  expect(await Promise.all(answers)).toEqual(['done', 'done', 'done'])
  await closed
  expect(at.admission.counts).toEqual({ known: 0, strangers: 0 })
})

test('streams with tokens, both ways, beside others that may not', async () => {
  const at = await serve(deadlined(streamed(streaming(answer))), { extensions: [streams], policy: [rule('ada', '*')] })
  const peer = await dial(at, nobody, { extensions: [streams] })
  const [may, mayNot] = [withToken(peer.call, await token('ada')), withToken(peer.call, await token('bob'))]
  const sum = async (call: typeof may) => {
    let sum = 0
    for await (const n of stream(call, 'count', { to: 500 })) sum += n as number
    return sum
  }
  const up = Array.from({ length: 500 }, (_, i) => i + 1)
  const jobs = Array.from({ length: 40 }, (_, i) => {
    const call = i % 4 < 2 ? may : mayNot
    return i % 2 ? outcome(sum(call)) : outcome(upload(call, 'total', undefined, up))
  })
  expect(await Promise.all(jobs)).toEqual(Array.from({ length: 40 }, (_, i) => (i % 4 < 2 ? 125_250 : -32003)))
  await expect.poll(() => [peer, ...at.peers].map((one) => streams(one).calls.size + streams(one).requests.size)).toEqual([0, 0])
})

test('a token rides beside what else rides beside a call', async () => {
  const at = await serve(({ meta }) => Object.keys(meta!).sort())
  const peer = await dial(at, nobody)
  const call = deadlined(withToken(peer.call, await token('ada')), 60_000)
  expect(await call('x', undefined, { extras: () => ({ meta: { priority: 3 } }) })).toEqual(['priority', 'timeoutMs', 'token'])
})

test('what was found out is found out once: a call with a token that is known is judged at once', async () => {
  const at = await serve(who)
  const text = await token('ada')
  await withToken((await dial(at, nobody)).call, text)('x')
  expect(isPromise(at.guard.verify(text))).toBe(false)
})
