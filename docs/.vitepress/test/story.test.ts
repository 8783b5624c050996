import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import type { TraceEvent } from '@rpc-steps/trace'
import { linesOf } from '../theme/lab/lines.ts'
import { goesOn, hear, traceOf, untold } from '../theme/lab/story.ts'
import type { Message } from '../lab/messages.ts'
import { allAtOnce } from './fixtures/traces.ts'

const raw = (allAtOnce() as TraceEvent[]).sort((a, b) => a.ts - b.ts)
const [clientPid, serverPid] = [...new Set(raw.map(({ pid }) => pid))]
const callers = raw.filter(({ ph, cat }) => ph === 'b' && cat === 'call').map(({ pid }) => pid)
const started = (program: string, pid: number): Message => ({
  kind: 'started', program, pid, command: `npx tsx ${program}.ts`,
})
const whole: Message[] = [
  started('server', callers[0] === clientPid ? serverPid! : clientPid!),
  { kind: 'output', program: 'server', error: false, text: 'listening\n' },
  started('client', callers[0]!),
  ...raw.map((event): Message => ({ kind: 'events', events: [event] })),
  { kind: 'output', program: 'client', error: true, text: 'oh\n' },
  { kind: 'exited', program: 'client', code: 1, signal: null },
  { kind: 'exited', program: 'server', code: null, signal: 'SIGTERM' },
  { kind: 'ended', ending: 'done', why: '' },
]

describe('the story of a run', () => {
  test('has what every program printed, and how it ended', () => {
    const story = whole.reduce(hear, untold)
    expect(story.programs.map(({ name, output, exit }) => ({ name, output, exit }))).toEqual([
      { name: 'server', output: [{ error: false, text: 'listening\n' }], exit: 'ended by SIGTERM, as it was asked to' },
      { name: 'client', output: [{ error: true, text: 'oh\n' }], exit: 'exit code 1' },
    ])
    expect(story.state).toBe('done')
    expect(goesOn(story)).toBe(false)
  })

  test('can be drawn wherever it has got to, and never takes anything back', () => {
    let story = untold
    let before: TraceEvent[] = []
    for (const message of whole) {
      story = hear(story, message)
      const trace = traceOf(story)
      if (goesOn(story)) expect(trace.slice(0, before.length)).toEqual(before)
      for (const { pid, ts } of trace) expect([pid >= 1, ts >= 0]).toEqual([true, true])
      before = trace
    }
    expect(before.filter(({ ph }) => ph === 'e')).not.toEqual([])
    expect(new Set(before.map(({ pid }) => pid))).toEqual(new Set([1, 2]))
  })

  test('has the servers of a chain in their order, though they are started from the end', () => {
    const call = (pid: number, cat: 'call' | 'handle', id: string, ts: number): TraceEvent => ({
      ph: 'b', cat, name: 'say', ts, pid, tid: 0, id,
    })
    const messages: Message[] = [
      started('server B', 1),
      started('server A', 2),
      started('client', 3),
      { kind: 'events', events: [call(3, 'call', '50:1', 10), call(2, 'handle', '50:1', 20), call(2, 'call', '60:1', 30), call(1, 'handle', '60:1', 40)] },
    ]
    const trace = traceOf(messages.reduce(hear, untold))
    expect(trace.map(({ cat, pid, id }) => [cat, pid, id])).toEqual([
      ['call', 1, '1:1'],
      ['handle', 2, '1:1'],
      ['call', 2, '2:1'],
      ['handle', 3, '2:1'],
    ])
  })

  test('numbers clients as they were started, not as they called', () => {
    const call = (pid: number, ts: number): TraceEvent => ({
      ph: 'b', cat: 'call', name: 'say', ts, pid, tid: 0, id: `${pid}:1`,
    })
    const named = (pid: number): TraceEvent => ({
      ph: 'M', cat: '__metadata', name: 'process_name', ts: 0, pid, tid: 0, args: { name: 'client' },
    })
    const messages: Message[] = [
      started('server', 1),
      started('client 1', 2),
      started('client 2', 3),
      { kind: 'events', events: [named(2), named(3), call(3, 10), call(2, 20)] },
    ]
    const story = messages.reduce(hear, untold)
    expect(traceOf(story).map(({ ph, pid, ts, args, id }) => [ph, pid, ts, id ?? args?.['name']]))
      .toEqual([
        ['M', 1, 0, 'client 1'],
        ['M', 2, 0, 'client 2'],
        ['b', 2, 0, '2:1'],
        ['b', 1, 10, '1:1'],
      ])
  })
})

test('lines arrive whole, however the network cuts them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme' })),
      fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
      async (values, cuts) => {
        let bytes = new TextEncoder().encode(values.map((v) => `${JSON.stringify(v)}\n`).join(''))
        const body = new ReadableStream<Uint8Array>({
          pull(controller) {
            if (bytes.length === 0) return controller.close()
            const n: number = cuts.next().value
            controller.enqueue(bytes.subarray(0, n))
            bytes = bytes.subarray(n)
          },
        })
        const read = []
        for await (const value of linesOf<string>(body)) read.push(value)
        expect(read).toEqual(values)
      },
    ),
  )
})
