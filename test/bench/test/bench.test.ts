import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contenders } from '../src/contenders.ts'
import type { Contender } from '../src/contenders.ts'
import { measure } from '../src/measure.ts'
import type { Result } from '../src/measure.ts'
import { nodeStripsTypes, Pair, stopAll } from '../src/processes.ts'
import { summaryTable, workloadTable } from '../src/report.ts'
import { workloads } from '../src/workloads.ts'

// Each runs in processes of its own; what is only a library is tried in one, in others.test.ts.
const apart: Contender[] = []
const tiny = { warmUp: 0, rounds: 1, turn: 1 }
let pairs: Pair[] = []
const measured: { name: string; title: string; results: Result[] }[] = []

beforeAll(async () => {
  const runtime = { tsx: !nodeStripsTypes }
  for (const contender of contenders.filter(hasProcesses)) {
    if ((await contender.missing?.()) === undefined) apart.push(contender)
  }
  pairs = await Promise.all(apart.map((contender) => Pair.start(runtime, contender)))
})
afterAll(stopAll)

it.for(contenders.filter(({ missing }) => missing))('finds what $name needs, or says what was skipped', async ({ name, missing }, { skip }) => {
  const why = await missing!()
  if (process.platform === 'linux' && process.env['CI']) expect(why).toBeUndefined()
  if (why !== undefined) return skip(why)
  expect(apart.map((one) => one.name)).toContain(name)
})

describe.each(workloads)('$title', (workload) => {
  it('is answered rightly by every contender that can do it', async () => {
    const able = pairs.filter(({ contender }) => !contender.cannot?.workloads.includes(workload.name))
    const results = await measure(workload, able, tiny, () => {})
    measured.push({ name: workload.name, title: workload.title, results })

    expect(results.map(({ contender }) => contender)).toEqual(able.map((one) => one.contender.name))
    for (const { rate, ratio, milliseconds, cpu } of results) {
      for (const figure of [rate.median, ratio.median, milliseconds.median, cpu.client]) {
        expect(figure).toBeGreaterThan(0)
      }
    }
    const table = workloadTable(workload, results)
    expect(widest(table)).toBeLessThanOrEqual(80)
    for (const { contender } of able) expect(table).toContain(`\n${contender.name} `)
  })
})

it('is summed up in one table with every contender and workload', () => {
  const report = { node: '', types: 'tsx', platform: '', core: null, workloads: measured } as const
  const table = summaryTable({ ...report, workloads: measured })
  expect(widest(table)).toBeLessThanOrEqual(80)
  for (const { name } of apart) expect(table).toContain(`\n${name} `)
  for (const { name } of workloads) expect(table).toContain(` ${name}`)
})

it.runIf(process.platform === 'linux')('counts the processor time of what a server has started', async ({ skip }) => {
  const echo = pairs.find(({ contender }) => contender.name === 'c-epoll')
  if (!echo) return skip()
  await echo.order({ open: 'in-flight' })
  const before = echo.serverCpu()
  // A tick of that clock is 10 ms, and Node has nothing to do here.
  await expect.poll(async () => {
    await echo.order({ calls: 100_000 })
    return echo.serverCpu() - before
  }).toBeGreaterThan(20_000)
  await echo.order({})
})

it('says who failed, and how', async () => {
  const wrong = { ...workloads[0]!, name: 'no such workload' }
  await expect(measure(wrong, pairs.slice(0, 1), tiny, () => {})).rejects.toThrow(/^bare: /)
})

it('leaves nothing behind that a server has started', async ({ skip }) => {
  const some = pairs.filter(({ contender }) => contender.missing)
  if (some.length === 0) return skip()
  stopAll()
  for (const { port } of some) await expect.poll(() => answers(port)).toBe(false)
})

function hasProcesses({ does, missing, name }: Contender): boolean {
  return does === undefined || missing !== undefined || name === 'bare'
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

function widest(text: string): number {
  return Math.max(...text.split('\n').map(({ length }) => length))
}
