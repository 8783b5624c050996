import { readFile, writeFile } from 'node:fs/promises'
import { main, readCommandLine, UsageError } from '@rpc-steps/cli'
import { record } from '../record/scenes.ts'
import { measure, plans } from './measure.ts'
import type { Point } from './points.ts'

const usage = `npm run model:record [-- STEP ...]

Measures every plan of the model with the real programs, or those of some steps, such as 05, and
what is missing, and writes docs/model/points.json. Each is run five times and the shortest is
kept: other programs can only make a run longer.`

const file = new URL('points.json', import.meta.url)

await main(async () => {
  const { words: chosen } = readCommandLine(usage, {})
  const unknown = chosen.find((step) => !plans.some((plan) => plan.step === step))
  if (unknown !== undefined) throw new UsageError(`there is no step "${unknown}"`)
  const before = chosen.length > 0 ? (JSON.parse(await readFile(file, 'utf8')) as Point[]) : []
  const points: Point[] = []
  for (const plan of plans) {
    const known = before.find((point) => JSON.stringify(point.plan) === JSON.stringify(plan))
    if (known && !chosen.includes(plan.step)) {
      points.push(known)
      continue
    }
    const runs: Point[] = []
    while (runs.length < 5) runs.push(measure(plan, await record(plan)))
    const best = runs.reduce((a, b) => (b.total < a.total ? b : a))
    points.push(best)
    console.log(`${JSON.stringify(plan)}: ${best.total} ms`)
  }
  await writeFile(file, `[\n${points.map((point) => JSON.stringify(point)).join(',\n')}\n]\n`)
})
