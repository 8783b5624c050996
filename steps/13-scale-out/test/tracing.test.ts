import { context, ProxyTracerProvider, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-node'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node'
import { codes, Context, RpcError } from '@rpc-steps/async-await'
import type { Call, Handler, Json, Request } from '@rpc-steps/async-await'
import { deadlined, inTime } from '@rpc-steps/deadlines'
import { stream, streamed, streaming, streams, upload } from '@rpc-steps/streaming'
import { queued } from '@rpc-steps/task-queue'
import { describe, expect, test } from 'vitest'
import { contextOf, traced, tracedRemote } from '../src/index.ts'
import { dialled, recorder, served } from './spans.ts'
import { collect } from './support.ts'

const trace1 = '0af7651916cd43dd8448eb211c80319c'
const span1 = 'b7ad6b7169203331'
const good = `00-${trace1}-${span1}-01`
const request = (extras: object = {}): Request => ({ jsonrpc: '2.0', id: 1, method: 'say', ...extras })
const idOf = (span: ReadableSpan) => span.spanContext().spanId
const endOf = ({ endTime: [seconds, nanos] }: ReadableSpan) => seconds * 1e9 + nanos
const startOf = ({ startTime: [seconds, nanos] }: ReadableSpan) => seconds * 1e9 + nanos
const say: Handler = ({ params }) => (params as { text: Json } | undefined)?.text ?? null

describe('what rides on the wire', () => {
  test.each([
    ['nothing', undefined],
    ['a number', 7],
    ['an object', { traceparent: good }],
    ['a list', [good]],
    ['an empty text', ''],
    ['one character too few', good.slice(0, -1)],
    ['one too many', `${good}0`],
    ['more parts than version 00 has', `${good}-00`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${span1}-01`],
    ['a span of zeros', `00-${trace1}-${'0'.repeat(16)}-01`],
    ['capitals', good.toUpperCase()],
    ['version ff', good.replace('00', 'ff')],
    ['flags that are no number', good.replace(/01$/, 'zz')],
    ['a line end', `${good}\n${good}`],
    ['megabytes', `01${good.slice(2)}-${'a'.repeat(10_000_000)}`],
    ['megabytes of dashes', '-'.repeat(10_000_000)],
  ])('%s is no parent, and no error', async (_, traceparent) => {
    const { tracer, spans } = recorder()
    const handler = traced(say, tracer)
    await handler(request({ traceparent, tracestate: 'a=1', params: { text: 'Hi' } }), new Context())
    const [span] = spans()
    expect(span!.parentSpanContext).toBeUndefined()
    expect(span!.spanContext().traceId).not.toBe(trace1)
    expect(span!.spanContext().traceState?.serialize()).toBeFalsy()
  })

  test.each([
    ['as it is', good],
    ['of a later version', `cc${good.slice(2)}`],
    ['of a later version, with more', `cc${good.slice(2)}-what-else`],
  ])('a parent %s is one', async (_, traceparent) => {
    const { tracer, spans } = recorder()
    await traced(say, tracer)(request({ traceparent, tracestate: 'a=1,b=2' }), new Context())
    const [span] = spans()
    expect(span!.parentSpanContext).toMatchObject({ traceId: trace1, spanId: span1, isRemote: true })
    expect(span!.spanContext().traceState?.serialize()).toBe('a=1,b=2')
  })

  test.each([
    ['of 10 MB', 'a=1,'.repeat(2_500_000)],
    ['that is a number', 5],
    ['without an equals sign', 'abc'],
  ])('a tracestate %s is left out, and its parent stays', (_, tracestate) => {
    const began = performance.now()
    const there = trace.getSpanContext(contextOf({ traceparent: good, tracestate }))
    expect(there?.spanId).toBe(span1)
    expect(there?.traceState?.serialize() ?? '').toBe('')
    expect(performance.now() - began).toBeLessThan(1_000)
  })

  test.each([['ff', '01'], ['fe', '00'], ['03', '01'], ['02', '00']])('no flag is passed on that this version does not know: of %s it is %s', async (flags, known) => {
    recorder() // so that there is an active context at all
    const nobody = new ProxyTracerProvider().getTracer('nobody')
    const call: Call = (_method, _params, options) => Promise.resolve(options!.extras!().traceparent!)
    const relay = traced(() => traced(call, nobody)('say'), nobody)
    expect(await relay(request({ traceparent: good.replace(/01$/, flags) }), new Context())).toBe(good.replace(/01$/, known))
  })

  test('what else rides beside a request stays there', async () => {
    const { tracer, spans } = recorder()
    const server = await served(({ meta, traceparent }) => ({ ...meta, traceparent: traceparent ?? null }))
    const peer = await dialled(server)
    const call = traced(peer.call, tracer)
    const seen = await call('x', undefined, { extras: () => ({ meta: { priority: 3 } }) })
    const [span] = spans()
    expect(seen).toEqual({ priority: 3, traceparent: `00-${span!.spanContext().traceId}-${idOf(span!)}-01` })
  })
})

describe('a call', () => {
  test('is a span at both ends, and the one is inside of the other', async () => {
    const [here, there] = [recorder(), recorder()]
    const server = await served(traced(say, there.tracer))
    const peer = await dialled(server)
    await expect(traced(peer.call, here.tracer)('say', { text: 'Hi' })).resolves.toBe('Hi')
    const [[asked], [answered]] = [here.spans(), there.spans()]
    expect(answered!.parentSpanContext).toMatchObject({ spanId: idOf(asked!), traceId: asked!.spanContext().traceId, isRemote: true })
    const both = { 'rpc.system.name': 'jsonrpc', 'rpc.method': 'say', 'jsonrpc.request.id': '1' }
    expect(asked).toMatchObject({ name: 'say', kind: SpanKind.CLIENT, attributes: { ...both, 'network.local.port': peer.label } })
    expect(answered).toMatchObject({ name: 'say', kind: SpanKind.SERVER, attributes: { ...both, 'network.peer.port': peer.label } })
    // On a clock that counts whole milliseconds this would be chance.
    expect(startOf(asked!)).toBeLessThan(startOf(answered!))
    expect(endOf(answered!)).toBeLessThan(endOf(asked!))
  })

  test('that a handler makes is inside of its request, whoever had its turn before it', async () => {
    const { tracer, spans } = recorder()
    const behind = await served(traced(say, tracer))
    const to = traced((await dialled(behind)).call, tracer)
    const relay = queued(() => to('say'), { workers: 1 })
    const server = await served(traced(relay, tracer))
    const peer = await dialled(server)
    const call = traced(peer.call, tracer)
    await Promise.all(Array.from({ length: 100 }, (_, n) => call('relay', [n])))
    const all = spans()
    expect(all).toHaveLength(400)
    const byId = new Map(all.map((span) => [idOf(span), span]))
    for (const span of all.filter(({ name, kind }) => name === 'say' && kind === SpanKind.SERVER)) {
      const way: ReadableSpan[] = [span]
      for (let next: ReadableSpan | undefined = span; (next = byId.get(next.parentSpanContext?.spanId ?? '')); ) way.push(next)
      expect(way.map(({ name, kind }) => `${name} ${kind}`)).toEqual(['say 1', 'say 2', 'relay 1', 'relay 2'])
    }
    expect(new Set(all.map((span) => span.spanContext().traceId)).size).toBe(100)
  })

  test('has for its parent who asks, and not who has opened the connection', async () => {
    const { tracer, spans } = recorder()
    const server = await served((_, { call }) => call('say'))
    const opener = trace.setSpan(ROOT_CONTEXT, tracer.startSpan('opens'))
    // Either end may ask. What is read here is read in the context in which the connection was opened.
    const peer = await context.with(opener, () => dialled(server, { handler: traced(say, tracer) }))
    await peer.call('asks back')
    expect(spans()).toHaveLength(1)
    expect(spans()[0]!.parentSpanContext).toBeUndefined()
  })

  test('of nobody who records keeps its trace together all the same', async () => {
    const off = recorder(new AlwaysOffSampler())
    const last = recorder()
    const behind = await served(traced(say, last.tracer))
    const to = await dialled(behind)
    const between = await served(traced(() => traced(to.call, off.tracer)('say'), off.tracer))
    const peer = await dialled(between)
    await peer.call('x', undefined, { extras: () => ({ traceparent: good, tracestate: 'a=1' }) })
    expect(off.spans()).toHaveLength(0)
    // Not sampled is said to those behind as well, and they go by it.
    expect(last.spans()).toHaveLength(0)
  })
})

describe('how it ended:', () => {
  const failing = (error: Error): Handler => () => Promise.reject(error)
  test.each([
    ['a status of ours', new RpcError(codes.resourceExhausted, 'Full', { status: 'RESOURCE_EXHAUSTED' }), 'RESOURCE_EXHAUSTED', '-32029'],
    ['a code without one', new RpcError(codes.invalidParams, 'Invalid params'), 'INVALID_ARGUMENT', '-32602'],
    ['a code that nobody knows', new RpcError(-32050, 'Odd'), 'UNKNOWN', '-32050'],
  ])('%s, at both ends', async (_, error, type, code) => {
    const { tracer, spans } = recorder()
    const peer = await dialled(await served(traced(failing(error), tracer)))
    await expect(traced(peer.call, tracer)('x')).rejects.toThrow(error.message)
    expect(spans()).toHaveLength(2)
    for (const { status, attributes } of spans()) {
      expect(status).toEqual({ code: SpanStatusCode.ERROR, message: error.message })
      expect(attributes).toMatchObject({ 'error.type': type, 'rpc.response.status_code': code })
    }
  })

  test('what was thrown is told where it was, and not to who asked', async () => {
    const [here, there] = [recorder(), recorder()]
    const broken: Handler = () => {
      throw new TypeError('secret of the server')
    }
    const peer = await dialled(await served(traced(broken, there.tracer), { log: () => {} }))
    await expect(traced(peer.call, here.tracer)('x')).rejects.toThrow('Internal error')
    expect(there.spans()[0]).toMatchObject({ status: { message: 'secret of the server' }, attributes: { 'error.type': 'TypeError' } })
    expect(here.spans()[0]).toMatchObject({ status: { message: 'Internal error' }, attributes: { 'error.type': 'INTERNAL' } })
  })

  test('given up at a deadline, at both ends, and each span ends once', async () => {
    const { tracer, spans } = recorder()
    const stubborn: Handler = (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve('late')))
    const peer = await dialled(await served(traced(deadlined(inTime(stubborn)), tracer)))
    await expect(deadlined(traced(peer.call, tracer), 20)('x')).rejects.toMatchObject({ code: codes.deadlineExceeded })
    await expect.poll(spans).toHaveLength(2)
    const [asked, answered] = spans()
    expect(asked!.attributes['error.type']).toBe('DEADLINE_EXCEEDED')
    // There the cancel may come before the end of its own deadline.
    expect(answered!.attributes['error.type']).toMatch(/^(DEADLINE_EXCEEDED|CANCELLED)$/)
  })

  test('a connection that is gone', async () => {
    const { tracer, spans } = recorder()
    const peer = await dialled(await served(() => new Promise<never>(() => {})))
    const asked = traced(peer.call, tracer)('x')
    peer.destroy()
    await expect(asked).rejects.toThrow('the connection ended')
    expect(spans()[0]!.attributes['error.type']).toBe('UNAVAILABLE')
  })
})

describe('a stream', () => {
  const passed = ({ events }: ReadableSpan) => events.map(({ name, attributes }) => `${name} ${attributes?.['items'] ?? ''}`.trim())

  async function streamer() {
    const { tracer, spans } = recorder()
    const server = await served(traced(deadlined(streamed(streaming(say))), tracer), { extensions: [streams] })
    const peer = await dialled(server, { extensions: [streams] })
    return { spans, peer, call: traced(peer.call, tracer), tracer }
  }

  test('is one span until its last item, down', async () => {
    const { spans, call } = await streamer()
    let sum = 0
    for await (const n of stream(call, 'count', { to: 10_000 })) sum += Number(n)
    expect(sum).toBe(50_005_000)
    const [asked, answered] = spans()
    expect(passed(answered!)).toEqual(['first sent', 'last sent 10000'])
    expect(answered!.parentSpanContext?.spanId).toBe(idOf(asked!))
  })

  test('and up', async () => {
    const { spans, call } = await streamer()
    await expect(upload(call, 'total', undefined, [1, 2, 3])).resolves.toBe(6)
    expect(passed(spans()[1]!)).toEqual(['first received', 'last received 3'])
  })

  test('and both ways', async () => {
    const { spans, call } = await streamer()
    const items: Json[] = []
    for await (const item of stream(call, 'echo', undefined, { up: ['a', 'b'] })) items.push(item)
    expect(items).toEqual(['a', 'b'])
    expect(passed(spans()[1]!).toSorted()).toEqual(['first received', 'first sent', 'last received 2', 'last sent 2'])
  })

  test('that is left ends its spans', async () => {
    const { spans, call } = await streamer()
    for await (const n of stream(call, 'count', { to: 1_000_000_000 })) if (Number(n) === 5) break
    await expect.poll(spans).toHaveLength(2)
    expect(spans()[1]!.attributes['error.type']).toBe('CANCELLED')
  })

  test('of any other way to a service has its events at the caller as well', async () => {
    const { spans, peer, tracer } = await streamer()
    const remote = tracedRemote({
      call: peer.call,
      stream: (method, params, options) => stream(peer.call, method, params, options),
      upload: (method, params, up, options) => upload(peer.call, method, params, up, options),
      close: () => peer.close(),
    }, tracer)
    const items = remote.stream('count', { to: 3 })
    expect(spans()).toHaveLength(0)
    expect(await collect(items)).toEqual([1, 2, 3])
    await expect(remote.upload('total', undefined, [4, 5])).resolves.toBe(9)
    const [asked, answered, upAsked, upAnswered] = spans()
    expect(passed(asked!)).toEqual(['first received', 'last received 3'])
    expect(answered!.parentSpanContext?.spanId).toBe(idOf(asked!))
    expect(upAnswered!.parentSpanContext?.spanId).toBe(idOf(upAsked!))
    for await (const n of remote.stream('count', { to: 1_000_000 })) if (n === 1) break
    await expect.poll(spans).toHaveLength(6)
    await expect(collect(remote.stream('count', { to: -1 }))).rejects.toThrow('Invalid params')
    expect(spans().at(-2)).toMatchObject({ kind: SpanKind.CLIENT, attributes: { 'error.type': 'INVALID_ARGUMENT' } })
  })
})
