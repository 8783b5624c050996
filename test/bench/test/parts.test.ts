import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BenchConnection, BenchDone } from '@rpc-steps/course'
import { check } from '../src/bars.ts'
import { contenders } from '../src/contenders.ts'
import { planned } from '../src/measure.ts'
import type { Result } from '../src/measure.ts'
import { gatherAll, pump } from '../src/pump.ts'
import { absences, differences } from '../src/report.ts'
import type { Report } from '../src/report.ts'
import { quantile, spread } from '../src/statistics.ts'
import { workloads } from '../src/workloads.ts'

describe('quantile', () => {
  it('interpolates', () => {
    expect(spread([4, 1, 3, 2, 5])).toEqual({ low: 2, median: 3, high: 4 })
    expect(quantile([1, 2], 0.5)).toBe(1.5)
    expect(quantile([7], 0.25)).toBe(7)
    expect(quantile([], 0.5)).toBeNaN()
  })
})

/** A connection that answers when it is told to, or at once. */
function fake(answer: (call: number) => unknown, queue?: (() => void)[]) {
  let calls = 0
  let inFlight = 0
  const connection: BenchConnection & { most: number } = {
    most: 0,
    call(_, done: BenchDone) {
      const call = calls++
      connection.most = Math.max(connection.most, ++inFlight)
      const reply = () => {
        inFlight--
        const result = answer(call)
        if (result instanceof Error) done(result)
        else done(null, result)
      }
      if (queue) queue.push(reply)
      else reply()
    },
    gather: (_, count) => Promise.resolve(Array.from({ length: count }, () => answer(calls++))),
    close() {},
  }
  return { connection, calls: () => calls }
}

const work = { ...workloads[0]!, answer: 'yes' }

describe('pump', () => {
  it('makes all calls and never more at once than it should, whatever the order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.nat(), { minLength: 60, maxLength: 60 }),
        (connections, inFlight, count, order) => {
          const queue: (() => void)[] = []
          const fakes = Array.from({ length: connections }, () => fake(() => 'yes', queue))
          const outcomes: unknown[] = []
          const all = fakes.map(({ connection }) => connection)
          pump(all, { ...work, inFlight }, count, (error) => outcomes.push(error))
          for (const n of order) queue.splice(n % (queue.length || 1), 1)[0]?.()
          expect(outcomes).toEqual([null])
          expect(fakes.reduce((sum, { calls }) => sum + calls(), 0)).toBe(count)
          for (const { most } of all) expect(most).toBeLessThanOrEqual(inFlight)
        },
      ),
    )
  })

  it('keeps the stack flat when calls are answered inside `call`', () => {
    const { connection, calls } = fake(() => 'yes')
    let outcome: unknown
    pump([connection], work, 100_000, (error) => (outcome = error))
    expect(outcome).toBeNull()
    expect(calls()).toBe(100_000)
  })

  it.each([
    ['an error', new Error('broken')],
    ['a wrong answer', 'no'],
  ])('stops at %s', (_, answer) => {
    const queue: (() => void)[] = []
    const { connection, calls } = fake(() => answer, queue)
    const outcomes: unknown[] = []
    pump([connection], work, 10, (error) => outcomes.push(error))
    queue.shift()!()
    expect(outcomes).toEqual([expect.any(Error)])
    expect(calls()).toBe(1)
  })
})

describe('gatherAll', () => {
  it('refuses a wrong answer among right ones', async () => {
    const { connection } = fake((call) => (call === 7 ? 'no' : 'yes'))
    await expect(gatherAll([connection], work, 5)).resolves.toBeUndefined()
    await expect(gatherAll([connection], work, 5)).rejects.toThrow('wrong answer: no')
  })
})

describe('check', () => {
  const at = (median: number) => ({ low: median, median, high: median })
  const result = (contender: string, ratio: number, ms = 1): Result => ({
    contender,
    rate: at(1),
    ratio: at(ratio),
    milliseconds: at(ms),
    cpu: { client: 1, server: 1 },
  })
  const report = (name: string, ...results: Result[]): Report => ({
    node: '',
    types: 'tsx',
    platform: '',
    core: null,
    workloads: [{ name, title: name, results }],
  })

  const some = [
    { name: 'quick', bars: [{ workload: 'one', atLeast: 1.5, against: 'bare' }] },
    {
      name: 'quicker',
      bars: [
        { workload: 'in-flight', atLeast: 1.5, against: 'bare' },
        { workload: 'in-flight', atLeast: 4, against: 'vscode-jsonrpc' },
        { workload: 'gather', atMostMs: 18 },
      ],
    },
  ]

  it.each([
    [1.5, [true]],
    [1.49, [false]],
  ])('holds a ratio of %d against its bar', (ratio, expected) => {
    const checked = check(report('one', result('bare', 1), result('quick', ratio)), some)
    expect(checked.map(({ reached }) => reached)).toEqual(expected)
  })

  it('compares with other libraries, too', () => {
    const vscode = result('vscode-jsonrpc', 0.5)
    const checked = check(report('in-flight', result('bare', 1), vscode, result('quicker', 1.9)), some)
    expect(checked.map(({ reached }) => reached)).toEqual([true, false])
  })

  it.each([
    [18, true],
    [18.1, false],
  ])('holds %d ms against the most there may be', (ms, reached) => {
    expect(check(report('gather', result('quicker', 1, ms)), some)).toMatchObject([{ reached }])
  })

  it('says nothing about what was not measured', () => {
    expect(check(report('large', result('bare', 1)))).toEqual([])
  })

  it('knows what every contender asks of itself', () => {
    const workloadsOf = new Set(contenders.flatMap(({ bars = [] }) => bars.map(({ workload }) => workload)))
    expect(workloads.map(({ name }) => name)).toEqual(expect.arrayContaining([...workloadsOf]))
    expect(workloadsOf.size).toBeGreaterThan(3)
    const names = contenders.map(({ name }) => name)
    const against = contenders.flatMap(({ bars = [] }) => bars.flatMap((bar) => ('against' in bar ? bar.against : [])))
    expect(names).toEqual(expect.arrayContaining(against))
    for (const name of names) expect(name.length).toBeLessThan(20)
  })
})

describe('differences', () => {
  const words = (text: string) => text.split(/\s+/).filter(Boolean)

  it('are told of everyone who is none of our steps, both ways', () => {
    const folders = readdirSync(new URL('../contenders', import.meta.url))
    const others = contenders.filter(({ does, lacks }) => does && lacks)
    expect(others.map(({ name }) => name).sort()).toEqual(folders.sort())
    const [, ...lines] = differences(contenders).split('\n')
    const told = others.flatMap(({ name, does, lacks }) => [name, '+', ...words(does!), '-', ...words(lacks!)])
    expect(words(lines.join('\n'))).toEqual(told)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('keep their mark when they take more than a line', () => {
    const long = { name: 'long', does: 'much '.repeat(20).trim(), lacks: 'little' }
    expect(differences([long, { name: '04' }]).split('\n').slice(1)).toEqual([
      `long            + ${'much '.repeat(12).trim()}`,
      `                  ${'much '.repeat(8).trim()}`,
      '                - little',
    ])
  })
})

it('says why some have no number, each reason once', () => {
  const cannot = { workloads: ['gather'], because: 'a thousand at once is what its queue says no to' }
  expect(absences([{ name: '06-task-queue', cannot }, { name: '01' }, { name: '07-deadlines', cannot }])).toBe(
    '06-task-queue, 07-deadlines: a thousand at once is what its queue says no to',
  )
  const text = absences(contenders)
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  for (const { name, cannot } of contenders.filter(({ cannot }) => cannot)) {
    expect(text).toContain(name)
    expect(text.replaceAll('\n', ' ')).toContain(cannot!.because)
  }
})

it('plans a workload by how many take part', () => {
  expect(planned({ warmUp: 100, rounds: 3, turn: 50 }, 4)).toBe(1_000)
})
