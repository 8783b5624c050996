import { runsHere } from '@rpc-steps/course/steps'
import { describe, expect, test } from 'vitest'
import { readTrace } from '@rpc-steps/trace'
import type { TraceEvent } from '@rpc-steps/trace'
import { recordingOf, steps } from '../course.ts'
import { questions } from '../predict/index.ts'
import { textOf } from '../source.ts'
import { commands, recorded } from '../words/recorded.ts'
import { record, scenes } from '../record/scenes.ts'
import { broken, order, shapeOf } from '../record/shape.ts'
import { tidy, tidyOpened, toText } from '../record/tidy.ts'
import { allAtOnce, oneAfterAnother, throughTwo } from './fixtures/traces.ts'

const server = { pid: 900, tid: 0 }
const client = { pid: 1200, tid: 0 }
const named = (name: string, place: { pid: number; tid: number }): TraceEvent => ({
  ph: 'M',
  cat: '__metadata',
  name: 'process_name',
  ts: 1,
  ...place,
  args: { name },
})

/** A server that sleeps from long before the first call until after the last. */
const raw: TraceEvent[] = [
  named('server', server),
  { ph: 'B', cat: 'kernel', name: 'bind', ts: 10, ...server },
  { ph: 'E', cat: 'kernel', name: 'bind', ts: 20, ...server },
  { ph: 'B', cat: 'kernel', name: 'accept', ts: 30, ...server },
  named('client', client),
  { ph: 'b', cat: 'call', name: 'say', id: '54321:1', ts: 1000.4, ...client },
  { ph: 'E', cat: 'kernel', name: 'accept', ts: 1100, ...server },
  { ph: 'X', cat: 'wire', name: 'reply', id: '54321:1', flow_in: true, ts: 1200, ...client },
  { ph: 'B', cat: 'kernel', name: 'recv', ts: 1150, ...server },
  { ph: 'e', cat: 'call', name: 'say', id: '54321:1', ts: 1300, ...client },
  { ph: 'B', cat: 'kernel', name: 'close', ts: 1400, ...client },
  { ph: 'E', cat: 'kernel', name: 'close', ts: 1500, ...client },
]

describe('a tidy trace', () => {
  test('begins with the first call, ends with the last answer, and names nothing of this machine', () => {
    expect(
      tidy(raw).map(({ ph, name, ts, pid, id }) => [ph, name, ts, pid, id ?? ''].join(' ').trim()),
    ).toEqual([
      'M process_name 0 1',
      'M process_name 0 2',
      'B accept 0 2',
      'b say 0 1 1:1',
      'E accept 100 2',
      'B recv 150 2',
      'X reply 200 1 1:1',
      'e say 300 1 1:1',
      'E recv 300 2',
    ])
  })

  test('numbers clients when there are several', () => {
    const second = raw
      .filter(({ pid }) => pid === client.pid)
      .map((event) => ({
        ...event,
        pid: 1300,
        ts: event.ts + 1,
        ...(event.id && { id: event.id.replace('54321', '54322') }),
      }))
    const events = tidy([...raw, ...second])
    expect(events.filter(({ ph }) => ph === 'M').map(({ args }) => args?.['name'])).toEqual([
      'client 1',
      'client 2',
      'server',
    ])
    expect(events.filter(({ ph }) => ph === 'e').map(({ id }) => id)).toEqual(['1:1', '2:1'])
  })

  test('tells the calls of a client apart that go over several connections', () => {
    const other = raw
      .filter(({ pid, id }) => pid === client.pid && id !== undefined)
      .map((event) => ({ ...event, id: event.id!.replace('54321', '54322') }))
    const ids = tidy([...raw, ...other]).filter(({ ph }) => ph === 'e').map(({ id }) => id)
    expect(ids[0]).toBe('1:1')
    expect(new Set(ids).size).toBe(2)
  })

  test('has the servers of a chain in the order in which a call comes to them, and what each asks for whom', () => {
    const moved = throughTwo().map((event) => ({ ...event, pid: 70 - 10 * event.pid }) as TraceEvent)
    const events = tidy(moved)
    const namesOf = (events: TraceEvent[]) => events.filter(({ ph }) => ph === 'M').map(({ pid, args }) => [pid, args?.['name']])
    expect(namesOf(events)).toEqual([[1, 'client'], [2, 'server A'], [3, 'server B']])
    const calls = events.filter(({ ph, cat }) => ph === 'b' && cat === 'call')
    expect(calls.map(({ pid, id, args }) => [pid, id, args?.['for']])).toEqual([
      [1, '1:1', undefined],
      [1, '1:2', undefined],
      [2, '2:1', '1:2'],
      [2, '2:2', '1:1'],
    ])
    // Files of the servers alone have no client, though one of them calls.
    expect(namesOf(tidyOpened(moved.filter(({ pid }) => pid !== 60)))).toEqual([[1, 'server A'], [2, 'server B']])
  })

  test('goes on to the end of the work that nobody waits for', () => {
    const work = { cat: 'work', name: 'say', id: '54321:1', ...server } as const
    const events = tidy([...raw, { ...work, ph: 'b', ts: 1120 }, { ...work, ph: 'e', ts: 3000 }])
    expect(events.at(-1)).toMatchObject({ ph: 'E', ts: 2000 })
    expect(events.filter(({ cat }) => cat === 'work').map(({ ts }) => ts)).toEqual([120, 2000])
  })

  test('is a file with one event a line that can be read again', () => {
    const events = tidy(raw)
    expect(readTrace(toText(events))).toEqual(events)
    expect(toText(events).split('\n')).toHaveLength(events.length + 3)
  })

  test('lets no message arrive before it was sent', () => {
    const wire = { ph: 'X', cat: 'wire', name: 'reply', id: '54321:1' } as const
    const late: TraceEvent = { ...wire, flow_out: true, ts: 1250, ...server }
    const ends = tidy([...raw, late]).filter(({ cat }) => cat === 'wire')
    expect(ends).toMatchObject([
      { ts: 200, pid: 2, flow_out: true },
      { ts: 200, pid: 1, flow_in: true },
    ])
  })

  test('needs a call', () => expect(() => tidy([])).toThrow('no call that ended'))
})

describe('two runs of the same code', () => {
  const sequential = tidy(oneAfterAnother() as TraceEvent[])
  const concurrent = tidy(allAtOnce() as TraceEvent[])

  test('have the same shape and keep the order of what lay clearly apart', () => {
    const slower = tidy(
      oneAfterAnother().map((event) => ({ ...event, ts: event.ts * 1.1 })) as TraceEvent[],
    )
    expect(shapeOf(slower)).toEqual(shapeOf(sequential))
    expect(broken(order(sequential), slower)).toEqual([])
  })

  test('are told from runs of other code', () => {
    expect(shapeOf(sequential)).toEqual({
      inFlight: 1,
      inHand: 1,
      long: ['client: kernel recv', 'server: kernel nanosleep'],
    })
    expect(shapeOf(concurrent)).toEqual({ inFlight: 5, inHand: 5, long: [] })
    expect(broken(order(sequential), concurrent)).toContain(
      'end of 1:2 no longer comes before start of 1:5',
    )
    expect(broken(order(concurrent), concurrent)).toEqual([])
  })
})

describe('the recorded traces', () => {
  test('are those of the scenes, and of spans', () => {
    const files = recorded().filter((name) => name.endsWith('.json') && commands[name] === undefined)
    expect(files).toEqual(Object.keys(scenes).map((name) => `${name}.json`).sort())
  })

  test('have an arrow for each message that Perfetto can draw, too', () => {
    for (const [name, plan] of Object.entries(scenes)) {
      const events = readTrace(textOf(recordingOf(`${name}.json`)))
      const calls = events.filter(({ ph, cat }) => ph === 'b' && cat === 'call').length
      const begun = new Map<string | undefined, string>()
      let arrows = 0
      for (const { ph, dur, id, name, bind_id, flow_out, flow_in } of events) {
        if (ph !== 'X') continue
        // A span to begin or end at, and a number of 64 bits that both ends have and no other arrow.
        expect({ dur, known: begun.get(bind_id) }).toEqual({
          dur: 0,
          known: flow_in ? `${id} ${name}` : undefined,
        })
        expect(bind_id).toMatch(/^[0-9a-f]{1,16}$/)
        if (flow_out) begun.set(bind_id, `${id} ${name}`)
        else arrows++
      }
      // The reply to a call that was given up arrives at nobody, and a server that is killed sends none.
      const most = 2 * calls
      expect(arrows, name).toBeGreaterThanOrEqual('timeout' in plan || 'killed' in plan ? calls : most)
      expect(arrows, name).toBeLessThanOrEqual(most)
    }
  })

  // System calls have other names where there is no epoll.
  const here = Object.entries(scenes).filter(([, plan]) =>
    runsHere(steps.find(({ number }) => number === plan.step)!),
  )

  // A machine that stands still for a moment can turn round two calls that each wait for another.
  // It does not do so five times; a change of the code does.
  test.each(here)('%s still shows what the code does', { retry: 4 }, async (name, plan) => {
    const kept = readTrace(textOf(recordingOf(`${name}.json`)))
    const now = await record(plan)
    const [before, after] = [shapeOf(kept), shapeOf(now)]
    // On a busy machine a short wait may become a long one, but none that was long disappears.
    if (process.platform === 'linux')
      expect(after.long).toEqual(expect.arrayContaining(before.long))
    if (plan.clients === 1) {
      expect(after).toMatchObject({ inFlight: before.inFlight, inHand: before.inHand })
      expect(broken(order(kept), now)).toEqual([])
    } else {
      // A slow machine may start the last client when the first has its answer already.
      expect([after.inFlight > 1, after.inHand > 1]).toEqual([
        before.inFlight > 1,
        before.inHand > 1,
      ])
    }
    // What is asked about it has the same answer.
    const text = toText(now)
    for (const { id, ask } of questions.filter(({ file }) => file.endsWith(`/traces/${name}.json`))) {
      expect([id, keyOf(ask(text).options)]).toEqual([id, keyOf(ask().options)])
    }
  })
})

const keyOf = (options: readonly { right: boolean }[]) => options.findIndex(({ right }) => right)
