import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { now, readTrace, recordTo, trace, traceChannel } from '../src/index.ts'
import type { TraceEvent } from '../src/index.ts'
import { startFixture, startMarker, temporaryFolder } from './support.ts'

const file = temporaryFolder()
const text = (name: string) => readFileSync(file(name), 'utf8')
const marksOf = (events: readonly TraceEvent[]) =>
  events.filter(({ ph }) => ph === 'i').map(({ name }) => name)

describe('a recorded file', () => {
  it.each([
    ['end of program', undefined, 0],
    ['process.exit', 'exit\n', 7],
    ['an exception', 'throw\n', 1],
  ])('is whole JSON after %s', async (how, line, code) => {
    const marker = startMarker(file(how), 'server')
    await marker.mark('"quoted" 🙂')
    expect(await marker.end(line)).toBe(code)
    const events = JSON.parse(text(how)) as TraceEvent[]
    expect(events[0]).toMatchObject({ ph: 'M', name: 'process_name', args: { name: 'server' } })
    expect(marksOf(events)).toEqual(['"quoted" 🙂'])
  })

  it('has all that happened even when a signal killed the process', async () => {
    const marker = startMarker(file('killed'), 'server')
    for (const mark of ['a', 'b', 'c']) await marker.mark(mark)
    marker.child.kill('SIGKILL')
    await once(marker.child, 'exit')
    expect(() => JSON.parse(text('killed'))).toThrow(SyntaxError)
    expect(marksOf(readTrace(text('killed')))).toEqual(['a', 'b', 'c'])
  })

  it('takes the events of all threads, and none is torn', async () => {
    const child = startFixture('threads.ts', file('threads'))
    expect(await once(child, 'exit')).toEqual([0, null])
    const events = JSON.parse(text('threads')) as TraceEvent[]
    const named = events.filter(({ ph }) => ph === 'M')
    expect(named.map(({ args }) => args?.['name']).sort()).toEqual(['server', 'worker 1', 'worker 2'])
    expect(new Set(named.map(({ tid }) => tid)).size).toBe(3)
    for (const { name, tid, args } of named.slice(1)) {
      const own = events.filter((event) => event.tid === tid && event.ph !== 'M')
      expect(name).toBe('thread_name')
      expect(own).toHaveLength(200)
      expect(own.every((event) => event.name === args?.['name'])).toBe(true)
    }
    expect(marksOf(events)).toEqual(['main', 'main again'])
  })

  it('ends where the recording is stopped', () => {
    const stop = recordTo(file('stopped'), 'test')
    trace.mark('inside')
    stop()
    expect(traceChannel.hasSubscribers).toBe(false)
    trace.mark('outside')
    expect(marksOf(JSON.parse(text('stopped')) as TraceEvent[])).toEqual(['inside'])
  })

  it('replaces what was there', () => {
    writeFileSync(file('old'), 'something else')
    recordTo(file('old'), 'test')()
    expect(readTrace(text('old'))).toHaveLength(1)
  })

  it('in a place that is not there is an error at once, and nothing listens', () => {
    expect(() => recordTo(file('no/such/folder'), 'test')).toThrow('ENOENT')
    expect(existsSync(file('no'))).toBe(false)
    expect(traceChannel.hasSubscribers).toBe(false)
  })
})

it('processes share one clock: merged files are in the order in which things happened', async () => {
  const before = now()
  const names = ['server', 'client 1', 'client 2']
  const markers = names.map((name) => startMarker(file(name), name))
  const marks: string[] = []
  for (let round = 0; round < 10; round++) {
    for (const [i, marker] of markers.entries()) {
      const mark = `${round} ${names[i]}`
      await marker.mark(mark)
      marks.push(mark)
    }
  }
  await Promise.all(markers.map((marker) => marker.end()))
  const events = readTrace(...names.toReversed().map(text))
  expect(marksOf(events)).toEqual(marks)
  expect(new Set(events.map(({ pid }) => pid)).size).toBe(3)
  expect(events[0]!.ts).toBeGreaterThan(before)
  expect(events.at(-1)!.ts).toBeLessThan(now())
})

it('a file that is no trace is an error', () => {
  for (const text of ['', 'hello', '{', '[1', '[1,']) {
    if (text === '[1') expect(readTrace(text)).toEqual([1])
    else expect(() => readTrace(text), text).toThrow(SyntaxError)
  }
})
