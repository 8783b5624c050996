import { existsSync, readFileSync } from 'node:fs'
import { runInTurn } from '@rpc-steps/cli/processes'
import { stopAll, nodeStripsTypes } from '@rpc-steps/bench/processes'
import { afterAll, describe, expect, it } from 'vitest'
import { countAllocated } from '../src/allocated.ts'
import { costOf } from '../src/filter.ts'
import { filters } from '../src/filters.ts'
import { unlike } from '../src/held.ts'
import { askedIn, whyUncounted } from '../src/kernel.ts'
import { tables } from '../src/report.ts'
import { medianOf, rounded } from '../src/row.ts'
import type { Row } from '../src/row.ts'
import { measured, recordOf } from '../src/steps.ts'
import { plans, take } from '../src/take.ts'

afterAll(stopAll)

const recorded = new Map(
  measured.filter((step) => existsSync(recordOf(step))).map((step) => [step.name, JSON.parse(readFileSync(recordOf(step), 'utf8')) as Row]),
)
const stepOf = (number: string) => measured.find(({ name }) => name.startsWith(number))!
const uncounted = await whyUncounted()

describe('what is recorded', () => {
  it('has the steps, and of each what it can do', () => {
    expect(recorded.size).toBeGreaterThan(12)
    for (const [name, { work, wire, idle, without }] of recorded) {
      const shapes = Object.keys(work)
      expect([shapes.length, idle === undefined, without.length > 0], name).toEqual(shapes.length === 3 ? [3, false, without.length > 0] : [1, true, true])
      expect(wire.up + wire.down, name).toBeGreaterThan(200)
    }
  })

  it('is in an order that does not depend on the machine', () => {
    const one = (number: string) => recorded.get(stepOf(number).name)!.work.one!
    const calls = (number: string) => one(number).systemCalls!.client + one(number).systemCalls!.server
    expect(calls('01')).toBeLessThan(calls('03'))
    expect(calls('03')).toBeLessThan(calls('02'))
    expect(one('04').allocated.client).toBeLessThan(one('07').allocated.client)
  })

  it('fits a terminal of 80 columns', () => {
    const text = tables([...recorded].map(([name, row]) => ({ name, row })))
    for (const line of text.split('\n').filter((line) => /\d+-/.test(line.slice(0, 3)))) expect(line.length, line).toBeLessThanOrEqual(80)
    for (const name of recorded.keys()) expect(text).toContain(`\n${name} `)
  })
})

// On a machine without strace there is nothing that could be compared, and .ci has it.
describe.skipIf(uncounted !== undefined && !process.env['CI'])('what is measured now', () => {
  const names = ['03', '07'].map((number) => stepOf(number))

  it('is what is recorded, where that does not depend on the machine', async () => {
    const said: string[] = []
    const rows = await take(names, { ...plans.quick, rounds: 0 }, !nodeStripsTypes, (what) => said.push(what))
    for (const [step, row] of rows) expect(unlike(recorded.get(step.name)!, row), step.name).toEqual([])
    const [loop, deadlines] = names.map((step) => rows.get(step)!) as [Row, Row]
    for (const end of ['client', 'server'] as const) {
      expect(deadlines.work.one!.allocated[end]).toBeGreaterThan(loop.work.one!.allocated[end])
    }
    expect(loop.idle!.heap).toBeGreaterThan(500)
    // Longer than any of the calls that are in flight: they are answered first.
    expect(loop.end.busy).toBeGreaterThan(200)
    expect(said).toContain(`run 1 of 1, ${names[1]!.name}: 64 in flight on one connection`)
  })

  it('would be told from something else', () => {
    const row = recorded.get('03-event-loop')!
    const one = row.work.one!
    expect(unlike(row, row)).toEqual([])
    const twice = { ...row, work: { ...row.work, one: { ...one, writes: { ...one.writes!, server: 2 } } } }
    expect(unlike(row, twice)).toEqual([`one: writes of the server: recorded ${one.writes!.server}, now 2`])
    expect(unlike(row, { ...row, wire: { ...row.wire, up: row.wire.up + 1 } })).toHaveLength(1)
    const { reads: _, ...blind } = one
    expect(unlike(row, { ...row, work: { ...row.work, one: blind } })).toHaveLength(2)
  })
})

describe('a filter', () => {
  it.each(['one that does nothing', 'deadlined, both ends', 'TLS, on both ends'])('%s adds the bytes that are recorded', async (name) => {
    const filter = filters.find((filter) => filter.name === name)!
    const was = recorded.get(stepOf(filter.step).name)!.filters.find((cost) => cost.name === name)!
    const { bytes, ns } = await costOf(filter, 1, 16)
    expect([name, bytes]).toEqual([name, was.bytes])
    expect(ns).not.toBeNaN()
  })

  it('each is recorded with its step', () => {
    const all = [...recorded.values()].flatMap(({ filters }) => filters.map(({ name }) => name))
    expect(all).toEqual(filters.map(({ name }) => name))
  })
})

it('counts what is allocated, also what was collected meanwhile', () => {
  const count = countAllocated()
  const each = 64
  let last: unknown
  // An array of so many doubles has eight bytes for each, and some that it is held by.
  for (let i = 0; i < 100_000; i++) last = new Array(each).fill(i + 0.5)
  expect(last).toHaveLength(each)
  const allocated = count() / 100_000
  expect(allocated).toBeGreaterThan(8 * each)
  expect(allocated).toBeLessThan(3 * 8 * each)
})

it('reads the table of strace', () => {
  const table = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 53.13    0.003540           5       600           epoll_pwait
  9.47    0.000631           1       400        50 read
  1.47    0.000631           1        10           recvfrom
  8.72    0.000581           1       300           writev
------ ----------- ----------- --------- --------- ----------------
100.00    0.006663           3      1310        50 total
`
  expect(askedIn(table)).toEqual({ systemCalls: 1310, reads: 410, writes: 300 })
  expect(askedIn('')).toEqual({ systemCalls: 0, reads: 0, writes: 0 })
})

it('takes the median of each number, and four digits of it', () => {
  expect(medianOf([{ a: 1, b: { c: 9 } }, { a: 3, b: { c: 1 } }, { a: 2, b: { c: 4 } }])).toEqual({ a: 2, b: { c: 4 } })
  expect(medianOf([1, 4])).toBe(2.5)
  expect(rounded({ a: 1234.56, b: ['x', 0.000123456], c: true })).toEqual({ a: 1235, b: ['x', 0.0001235], c: true })
})

it('refuses in one line what it does not know', async () => {
  const wrong: [file: string, args: string[], why: RegExp][] = [
    ['main.ts', ['--step', '99'], /--step must name steps/],
    ['main.ts', ['--record', '--quick'], /leave out --quick/],
    ['measure-filter.ts', ['none'], /there is no filter "none"/],
  ]
  const ran = await runInTurn(wrong.map(([file, args]) => ({ file: new URL(`../${file}`, import.meta.url).href, args })))
  for (const [i, { code, stdout, stderr }] of ran.entries()) {
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(wrong[i]![2])
    expect(stderr.trim().split('\n')).toHaveLength(1)
  }
})
