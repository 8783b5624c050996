import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contenders } from '../src/contenders.ts'
import { measure } from '../src/measure.ts'
import type { Result } from '../src/measure.ts'
import { nodeStripsTypes, Pair, stopAll } from '../src/processes.ts'
import { summaryTable, workloadTable } from '../src/report.ts'
import { workloads } from '../src/workloads.ts'

const tiny = { warmUp: 0, rounds: 1, turn: 1 }
let pairs: Pair[] = []
const measured: { name: string; title: string; results: Result[] }[] = []

beforeAll(async () => {
  const runtime = { tsx: !nodeStripsTypes }
  pairs = await Promise.all(contenders.map((contender) => Pair.start(runtime, contender)))
})
afterAll(stopAll)

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
  for (const { name } of contenders) expect(table).toContain(`\n${name} `)
  for (const { name } of workloads) expect(table).toContain(` ${name}`)
})

it('says who failed, and how', async () => {
  const wrong = { ...workloads[0]!, name: 'no such workload' }
  await expect(measure(wrong, pairs.slice(0, 1), tiny, () => {})).rejects.toThrow(/^bare: /)
})

function widest(text: string): number {
  return Math.max(...text.split('\n').map(({ length }) => length))
}
