import { expect, it } from 'vitest'
import { deadlined } from '@rpc-steps/deadlines'
import { DisconnectedError, RpcError } from '@rpc-steps/wire'
import { calling, collect, failure, overEach, service, until, working } from './support.ts'

overEach('a service behind a broker', (start) => {
  it('answers', async () => {
    const place = await start()
    await working(await place.connect())
    const { call } = calling(await place.connect())
    expect(await call('say', { text: 'Hello, server!' })).toBe('You said: Hello, server!')
    const error = await failure(call('foobar'))
    expect(error).toBeInstanceOf(RpcError)
    expect(error).toMatchObject({ code: -32601, from: 'peer' })
  })

  it('is told at once when nobody is there, and may try again', async () => {
    const place = await start()
    const { call } = calling(await place.connect())
    const error = await failure(call('say', { text: 'a' }))
    expect(error).toMatchObject({ code: -32014, data: { status: 'UNAVAILABLE' } })
    await working(await place.connect())
    expect(await call('say', { text: 'a' })).toBe('You said: a')
  })

  it('spreads requests over its workers', async () => {
    const place = await start()
    const asked = new Map<string, number>()
    for (const name of ['a', 'b', 'c']) {
      await working(await place.connect(), () => void asked.set(name, (asked.get(name) ?? 0) + 1))
    }
    const { call } = calling(await place.connect())
    await Promise.all(Array.from({ length: 300 }, () => call('x')))
    expect([...asked.values()].reduce((sum, n) => sum + n, 0)).toBe(300)
    expect(Math.min(...asked.values())).toBeGreaterThan(50)
    expect(asked.size).toBe(3)
  })

  it('cancels what its caller gives up', async () => {
    const place = await start()
    let [began, reason] = [() => {}, undefined as unknown]
    const begun = new Promise<void>((resolve) => (began = resolve))
    const worker = await working(await place.connect(), service({
      wait: (_, context) => {
        context.signal.addEventListener('abort', () => (reason = context.signal.reason))
        began()
        return context.sleep(60_000)
      },
    }))
    const caller = calling(await place.connect())
    const controller = new AbortController()
    const failed = failure(caller.call('wait', undefined, { signal: controller.signal }))
    await begun
    controller.abort(new Error('enough'))
    expect(await failed).toMatchObject({ message: 'enough' })
    await until(() => worker.inFlight === 0)
    expect(reason).toMatchObject({ code: -32800 })
    expect(caller.inFlight).toBe(0)
  })

  it('carries the deadline as a header, counted from arrival', async () => {
    const place = await start()
    const [by, to] = [await place.connect(), await place.connect()]
    let heard: string | undefined
    await working(by)
    to.subscribe('rpc-steps.call', (message) => (heard = message.header('Timeout-Ms')))
    const { call } = calling(await place.connect())
    expect(await failure(deadlined(call, 100)('sleep', { ms: 60_000 }))).toMatchObject({ code: -32008 })
    expect(Number(heard)).toBeGreaterThan(0)
    expect(Number(heard)).toBeLessThanOrEqual(100)
  })

  it('streams down, up and both ways', async () => {
    const place = await start()
    await working(await place.connect())
    const caller = calling(await place.connect())
    const numbers = Array.from({ length: 2_000 }, (_, i) => i + 1)
    expect(await collect(caller.stream('count', { to: 2_000 }))).toEqual(numbers)
    expect(await caller.upload('total', undefined, numbers)).toBe(2_001_000)
    expect(await collect(caller.stream('echo', undefined, { up: numbers }))).toEqual(numbers)
    expect(await collect(caller.stream('count', { to: 0 }))).toEqual([])
    expect(await collect(caller.stream('echo', undefined, { up: [] }))).toEqual([])
    expect(caller.inFlight).toBe(0)
  })

  it('ends with an error what its worker does not finish', async () => {
    const place = await start()
    const worker = await working(await place.connect(), service(), { beatMs: 60_000 })
    const { call } = calling(await place.connect(), { beatMs: 20 })
    const error = await failure(call('sleep', { ms: 60_000 }))
    expect(error).toBeInstanceOf(DisconnectedError)
    expect(error).toMatchObject({ sent: true })
    await until(() => worker.inFlight === 0) // told by the cancel
  })
})
