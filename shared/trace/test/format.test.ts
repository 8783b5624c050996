import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { recordTo, trace } from '../src/index.ts'
import { eventsOf, temporaryFolder } from './support.ts'

const file = temporaryFolder()

/** What the importers of Chrome and Perfetto go by: ids and names must join, types must be right. */
it('a file has what Chrome and Perfetto need', () => {
  const stop = recordTo(file('trace.json'), 'both')
  for (const id of [1, 'a', null]) {
    trace.called('say', 8080, id)
    trace.requestSent(8080, id)
    trace.requestReceived('say', 8080, id)
    trace.queued('say', 8080, id)
    trace.dequeued('say', 8080, id)
    trace.ran('say', 8080, id, () => {
      trace.enter('kernel', 'send')
      trace.leave('kernel', 'send')
    })
    trace.replySent('say', 8080, id)
    trace.replyReceived(8080, id)
    trace.settled('say', 8080, id)
    trace.mark('done')
  }
  stop()

  const text = readFileSync(file('trace.json'), 'utf8')
  expect(text.startsWith('[\n{'), 'the array form of the format').toBe(true)
  const events = JSON.parse(text) as Record<string, unknown>[]
  const onThread: Record<string, unknown>[] = []
  const open = new Map<string, number>()
  let last = 0
  for (const event of events) {
    const { ph, ts, pid, tid, cat, name, id, flow_out } = event
    expect(event).toMatchObject({ cat: expect.any(String), name: expect.any(String) })
    expect(Number.isFinite(ts) && Number(ts) >= last, 'microseconds, in order').toBe(true)
    last = Number(ts)
    // Perfetto keeps both in 32 bits, and takes text for a name.
    for (const n of [pid, tid]) expect(Number.isInteger(n) && Number(n) >= 0 && Number(n) < 2 ** 32).toBe(true)
    if (ph === 'B') onThread.push(event)
    // An end is joined to the innermost beginning, and must have its category and name.
    if (ph === 'E') expect(onThread.pop()).toMatchObject({ cat, name })
    // These are joined by category, id and name.
    const key = [cat, id, name].join()
    if ('beX'.includes(String(ph))) {
      expect(id).toMatch(/^8080:(1|a|null)$/)
      const begins = ph === 'b' || flow_out === true
      expect(open.get(key) ?? 0).toBe(begins ? 0 : 1)
      open.set(key, begins ? 1 : 0)
    }
    // An end of an arrow must lie on a span of its thread, so it is one itself.
    if (ph === 'X') expect(event).toMatchObject({ dur: 0, [flow_out ? 'flow_out' : 'flow_in']: true })
    if (ph === 'i') expect(event['s']).toBe('t')
    if (ph === 'M') expect(event).toMatchObject({ name: 'process_name', args: { name: 'both' } })
    expect('BEbeXiM').toContain(ph)
  }
  expect(onThread).toEqual([])
  expect([...open.values()].every((n) => n === 0)).toBe(true)
})

/** The importer reads the number of an arrow as strtoull does in base 16, and keeps 64 bits. */
it('Perfetto can tell all arrows apart, and each joins two ends', () => {
  const numbers = eventsOf(() => {
    for (const port of [1, 11, 8080, 65535]) {
      for (const id of [1, 2, 11, 12, 112, 999_999_999]) {
        trace.requestSent(port, id)
        trace.requestReceived('say', port, id)
        trace.replySent('say', port, id)
        trace.replyReceived(port, id)
      }
    }
  }).flatMap(({ bind_id }) => bind_id ?? [])
  for (const number of numbers) expect(number).toMatch(/^[0-9a-f]{1,16}$/)
  const ends = new Map<bigint, number>()
  for (const number of numbers.map((digits) => BigInt(`0x${digits}`))) {
    ends.set(number, (ends.get(number) ?? 0) + 1)
  }
  expect([...ends.values()]).toEqual(Array.from({ length: 4 * 6 * 2 }, () => 2))
})
