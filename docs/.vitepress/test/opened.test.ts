import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { merge, most, open } from '../theme/lab/opened.ts'
import { layout, summary } from '../theme/timeline/layout.ts'
import { allAtOnce, oneAfterAnother } from './fixtures/traces.ts'

const lineOf = (event: object) => JSON.stringify(event)
/** As a program writes it. */
const textOf = (events: readonly object[]) => `[\n${events.map(lineOf).join(',\n')}\n]\n`
const file = (name: string, text: string, size = text.length) => ({
  name,
  size,
  text: () => Promise.resolve(text),
})
const fault = (text: string, name = 'server.json') =>
  open(file(name, text)).then(
    () => 'nothing wrong',
    (error: unknown) => (error as Error).message,
  )

const both = allAtOnce()
const pids = { client: 1, server: 2 }
const of = (pid: number) => both.filter((event) => event.pid === pid)
const moved = (pid: number, by: number) => of(pid).map((event) => ({ ...event, ts: event.ts + by }))
const what = 'open a file that a server or client wrote with --trace FILE'

/** One read of each file, then all of them on one clock. */
async function merged(files: Record<string, readonly object[]>) {
  return merge(await Promise.all(Object.entries(files).map(([name, events]) => open(file(name, textOf(events))))))
}

describe("a reader's trace", () => {
  test('is one picture of all its files, in whatever order they come', async () => {
    const [client, server] = [of(pids.client), of(pids.server)]
    const events = await merged({ 'server.json': server, 'client.json': client })
    expect(await merged({ 'client.json': client, 'server.json': server })).toEqual(events)
    const picture = layout(events)
    expect(picture.lanes.map(({ process }) => process)).toEqual(['client', 'server'])
    expect(picture.arrows).toHaveLength(10)
    expect(summary(picture)).toBe('Timeline: 5 calls by 1 client in 301 ms')
  })

  test('begins with the first call and ends with the last answer, however long the server slept', async () => {
    const long = 30e6
    const sleeping = [
      { ph: 'B', cat: 'kernel', name: 'accept', ts: 1e6 - long, pid: 2, tid: 1 },
      ...of(pids.server),
      { ph: 'E', cat: 'kernel', name: 'accept', ts: 1e6 + long, pid: 2, tid: 1 },
    ]
    const { duration } = layout(await merged({ c: of(pids.client), s: sleeping }))
    expect(duration).toBeLessThan(301)
  })

  test('may be that of a server alone, whose clients are told apart by their ports', async () => {
    const other = of(pids.server).map((event) => ({
      ...event,
      ...('id' in event && { id: String(event.id).replace('5000', '5001') }),
    }))
    const picture = layout(await merged({ s: [...of(pids.server), ...other.filter(({ ph }) => ph !== 'M')] }))
    expect(summary(picture)).toBe('Timeline: 10 requests')
    expect(new Set(picture.spans.map(({ call }) => call)).size).toBe(10)
  })

  test('shows what was in flight when its program was killed', async () => {
    const begun = of(pids.client).filter(({ ph }) => ph !== 'e')
    const picture = layout(await merged({ c: begun, s: of(pids.server) }))
    expect(picture.spans.filter(({ kind, open }) => kind === 'call' && open)).toHaveLength(5)
    expect(picture.duration).toBeGreaterThan(299)
  })

  test.each([
    ['without its last bracket', textOf(both).replace(/\n\]\n$/, '')],
    ['without it, and with a comma', textOf(both).replace(/\n\]\n$/, ',\n')],
    ['with the line ends of Windows', textOf(both).replaceAll('\n', '\r\n')],
    ['broken into lines in another way', JSON.stringify(both, null, 2)],
  ])('is read %s', async (_, text) => {
    const { events } = await open(file('all.json', text))
    expect(events.map(({ ts }) => ts)).toEqual(both.map(({ ts }) => ts))
  })
})

describe('a file that is no trace is told in one line:', () => {
  const event = lineOf(both[2]!)
  test.each([
    ['nothing', ' \n', `server.json is empty: ${what}`],
    ['a text', 'Dear diary,\nit rained', `server.json, line 1: "Dear diary," is no event; ${what}`],
    ['a picture', '\u0000PNG\r\n\u001a\n', expect.stringMatching(/^server\.json, line 1: ".*" is no event; open/s)],
    ['an object', '{"name":"package"}', expect.stringContaining('line 1')],
    ['something else in a list', '[1]', `server.json, event 1: "1" is no event; ${what}`],
    ['an event without time', `[\n${event},\n{"ph":"B","name":"recv","pid":1,"tid":0}\n]`, `server.json, line 3: the event has no number "ts"; ${what}`],
    ['an event that is out of time', `[\n{"ph":"B","name":"recv","ts":1e400,"pid":1,"tid":0}\n]`, expect.stringContaining('has no number "ts"')],
    ['half a line', `[\n${event},\n${event.slice(0, 40)}`, 'server.json, line 3: the event is cut off; take this line out, and open the file again'],
    ['a line in the middle', `[\n${event},\noops\n${event}\n]`, `server.json, line 3: "oops" is no event; ${what}`],
    ['a lost comma', `[\n${event}\n${event}\n]`, 'server.json, line 2: a comma is missing behind the event; put it there, and open the file again'],
    ['two in one', `${textOf(both.slice(0, 3))}${textOf(both)}`, 'server.json, line 6: another trace begins here; put each in a file of its own'],
    ['names alone', textOf(both.slice(0, 2)), 'server.json has no events: trace a program that calls, or is called'],
  ])('%s', async (_, text, expected) => {
    const message = await fault(text)
    expect(message).toEqual(expected)
    expect(message.split(/[\r\n]/)).toHaveLength(1)
  })

  test('gigabytes, unread', async () => {
    const huge = { ...file('huge.json', '', 5 * 1024 ** 3), text: () => Promise.reject(new Error('was read')) }
    await expect(open(huge)).rejects.toThrow('huge.json has 5,120 MiB, and at most 16 can be drawn: trace fewer calls')
  })

  test('a folder', async () => {
    const folder = { ...file('traces', ''), text: () => Promise.reject(new Error('NotFoundError')) }
    await expect(open(folder)).rejects.toThrow(`traces cannot be read: it may be a folder, or have changed; ${what}`)
  })
})

describe('spans of OpenTelemetry', () => {
  const text = readFileSync(new URL('../../../shared/trace/test/fixtures/spans.jsonl', import.meta.url), 'utf8')

  test('are drawn like a trace of ours, with the broker between caller and worker', async () => {
    const picture = layout(merge([await open(file('spans.jsonl', text))]))
    expect(picture.lanes.map(({ process }) => process)).toEqual(['client', 'nats', 'first', 'second'])
    expect(picture.arrows).toHaveLength(4)
    expect(picture.spans.map(({ kind, name }) => `${kind} ${name}`).toSorted()).toEqual([
      'call relay', 'call say', 'handle relay', 'handle say', 'queue back.call', 'queue front.call',
    ])
    expect(summary(picture)).toMatch(/^Timeline: 1 call by 1 client through 3 servers in \d+ ms$/)
    expect(picture.moments.map(({ text }) => text).join('\n')).toMatch(/nats: queues relay 1 for [\d.]+ ms/)
  })

  test('may be in a file for each program', async () => {
    const lines = text.trimEnd().split('\n')
    const files = [lines.slice(0, 2), lines.slice(2, 5), lines.slice(5)].map((part, i) => file(`${i}.jsonl`, part.join('\n')))
    const picture = layout(merge(await Promise.all(files.map((one) => open(one)))))
    expect(picture.spans.filter(({ kind }) => kind === 'handle')).toHaveLength(2)
    expect(picture.lanes.map(({ process }) => process)).toContain('second')
  })

  test.each([
    ['no span', '{"resourceSpans":[]}', 'spans.jsonl has no spans of clients or servers: trace a program that calls, or is called'],
    ['half a line', text.slice(0, -100), 'spans.jsonl, line 6: this is no JSON; open a file of spans in the JSON of OTLP'],
  ])('%s is told in one line', async (_, content, message) => {
    expect(await fault(content, 'spans.jsonl')).toBe(message)
  })
})

describe('files that cannot be drawn together are told in one line:', () => {
  test('more than can be told apart', async () => {
    const many = Array.from({ length: 100_000 }, () => ({ ph: 'i', name: 'm', ts: 1, pid: 1, tid: 0 }))
    await expect(merged({ a: many })).rejects.toThrow('there are 100,000 events, and at most 20,000 can be drawn: trace fewer calls')
    const threads = many.slice(0, 100).map((event, tid) => ({ ...event, tid }))
    await expect(merged({ a: threads })).rejects.toThrow('there are 100 threads, and at most 64 can be drawn: trace fewer programs')
  })

  test('one program twice', async () => {
    const twice = { 'a.json': of(pids.client), 'b.json': of(pids.client) }
    await expect(merged(twice)).rejects.toThrow('a.json and b.json are both of process 1: remove one of them')
  })

  test.each([
    ['sent after it was read', 20e6, 'server.json reads a message before client.json sends it, so they have different clocks: open files of one run on one machine'],
    ['of another machine', -86_400e6, 'client.json reads a message before server.json sends it, so they have different clocks: open files of one run on one machine'],
  ])('%s', async (_, by, message) => {
    const files = { 'client.json': moved(pids.client, by), 'server.json': of(pids.server) }
    await expect(merged(files)).rejects.toThrow(message)
    await expect(merged(Object.fromEntries(Object.entries(files).reverse()))).rejects.toThrow(message)
  })

  test('of another run', async () => {
    const earlier = moved(pids.client, -3600e6).map((event) => ({ ...event, id: '4000:1' }))
    const files = { 'client.json': earlier, 'server.json': of(pids.server) }
    const message = 'client.json ends 3,600 s before server.json begins: open files of one run on one machine'
    await expect(merged(files)).rejects.toThrow(message)
  })

  test('but not the noise of a moment', async () => {
    await merged({ 'client.json': moved(pids.client, 500), 'server.json': of(pids.server) })
  })
})

test('what is too long in a trace is cut, and nothing else is kept', async () => {
  const long = 'x'.repeat(1e6)
  const [named, ...rest] = oneAfterAnother()
  const events = [{ ...named, args: { name: long } }, ...rest.map((event) => ({ ...event, name: long, more: long }))]
  // As a file of a hundred such events would be too large.
  const { events: read } = await open(file('long.json', textOf(events.slice(0, 5)), most.bytes))
  expect(JSON.stringify(read).length).toBeLessThan(2000)
})
