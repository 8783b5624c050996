import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, start } from '@rpc-steps/cli/processes'
import { describe, expect, onTestFinished, test } from 'vitest'
import { InProcessBroker, traced, tracedBroker, tracedRemote } from '../src/index.ts'
import { isInstalled } from '../tried/nats-server.ts'
import { collector } from './collector.ts'
import type { OtlpSpan } from './collector.ts'
import { recorder } from './spans.ts'
import { calling, collect, natsServer, needsNats, service, working } from './support.ts'

const program = new URL('../tried/traced.ts', import.meta.url)
const kinds = ['', 'internal', 'server', 'client', 'producer', 'consumer']

/** The spans of one trace, each inside of the one before it. */
function chain<S extends OtlpSpan>(spans: readonly S[]): S[] {
  const byParent = new Map(spans.map((span) => [span.parentSpanId ?? '', span]))
  const all: S[] = []
  for (let next = byParent.get(''); next; next = byParent.get(next.spanId)) all.push(next)
  return all
}

describe.skipIf(!isInstalled)('programs on NATS', () => {
  test('make one trace: client, broker, worker, and a worker behind it', async () => {
    const { address } = await natsServer()
    const { url, spans } = await collector()
    const folder = mkdtempSync(join(tmpdir(), 'spans-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'spans.jsonl')
    const common = ['--nats', address, '--otlp', url]
    const workers = [
      start(program, [...common, '--name', 'first', '--serves', 'front', '--asks', 'back', '--spans', file]),
      start(program, [...common, '--name', 'second', '--serves', 'back']),
    ]
    await Promise.all(workers.map((worker) => worker.printed(/ready/)))
    const client = await run(program, [...common, '--asks', 'front'])
    expect(client).toMatchObject({ stdout: 'You said: Hi\n', stderr: '', code: 0 })
    for (const worker of workers) expect(await worker.stop()).toMatchObject({ code: 0 })

    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1)
    expect(chain(spans).map(({ service, kind, name }) => `${service} ${kinds[kind]} ${name}`)).toEqual([
      'client client relay',
      'client producer publish front.call',
      'first server relay',
      'first client say',
      'first producer publish back.call',
      'second server say',
    ])
    const subject = ({ attributes }: OtlpSpan) => attributes.find(({ key }) => key === 'messaging.destination.name')?.value.stringValue
    expect(chain(spans).map(subject)).toEqual([undefined, 'front.call', undefined, undefined, 'back.call', undefined])
    // What a program writes to a file is what it sends.
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line).resourceSpans[0].scopeSpans[0].spans[0] as OtlpSpan)
    expect(new Set(lines.map(({ spanId }) => spanId))).toEqual(new Set(spans.filter(({ service }) => service === 'first').map(({ spanId }) => spanId)))
  })

  test('trace.ts prints one trace of three of them', async () => {
    const { code, stdout } = await run(new URL('../trace.ts', import.meta.url), [], '', 60_000)
    expect(code).toBe(0)
    const read = (line: string) => {
      const [{ resource, scopeSpans }] = JSON.parse(line).resourceSpans
      return { service: resource.attributes.find(({ key }: { key: string }) => key === 'service.name').value.stringValue as string, ...(scopeSpans[0].spans[0] as OtlpSpan) }
    }
    expect(chain(stdout.trimEnd().split('\n').map(read)).map(({ service, name }) => `${service}: ${name}`)).toEqual([
      'client: relay', 'client: publish front.call', 'first worker: relay', 'first worker: sleep', 'first worker: publish back.call', 'second worker: sleep',
    ])
  })
})

test('a stream through a broker has one span a side, and no more are published than requests', async () => {
  const { tracer, spans } = recorder()
  const broker = tracedBroker(new InProcessBroker(), tracer, 'in_process')
  await working(broker, traced(service(), tracer))
  const remote = tracedRemote(calling(broker), tracer)
  expect(await collect(remote.stream('count', { to: 1_000 }))).toHaveLength(1_000)
  expect(spans().map(({ name }) => name)).toEqual(['count', 'publish rpc-steps.call', 'count'])
})

test('what cannot be published is an error of its span, and of nothing else', async () => {
  const { tracer, spans } = recorder()
  const broker = tracedBroker(new InProcessBroker(), tracer)
  await working(broker, traced(service(), tracer))
  const remote = tracedRemote(calling(broker), tracer)
  await expect(remote.call('say', { text: 'x'.repeat(2 ** 21) })).rejects.toThrow('Invalid Request')
  expect(spans().map(({ attributes }) => attributes['error.type'])).toEqual(['INVALID_ARGUMENT', 'INVALID_ARGUMENT'])
  await expect(remote.call('say', { text: 'Hi' })).resolves.toBe('You said: Hi')
})

test('two clients that call each other a thousand times keep their traces apart', async () => {
  const { tracer, spans } = recorder()
  const broker = tracedBroker(new InProcessBroker(), tracer)
  const to = (subject: string) => tracedRemote(calling(broker, { subject }), tracer)
  const pair = { a: to('a'), b: to('b') }
  for (const [subject, other] of [['a', pair.b], ['b', pair.a]] as const) {
    await working(broker, traced(async ({ params }) => ((params as number[])[0]! > 0 ? other.call('down', [(params as number[])[0]! - 1]) : subject), tracer), { subject })
  }
  const ends = await Promise.all(Array.from({ length: 1_000 }, (_, n) => (n % 2 ? pair.a : pair.b).call('down', [3])))
  expect(ends.filter((end) => end === 'a')).toHaveLength(500)
  const traces = new Map<string, number>()
  for (const span of spans()) traces.set(span.spanContext().traceId, (traces.get(span.spanContext().traceId) ?? 0) + 1)
  expect([...traces.values()]).toEqual(Array.from({ length: 1_000 }, () => 12))
})

needsNats()
