import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { main, readCommandLine, UsageError } from '@rpc-steps/cli'
import { root } from '../source.ts'
import type { Plan } from '../lab/plan.ts'
import { record } from '../record/scenes.ts'
import { measure, plans } from './measure.ts'
import type { Point } from './points.ts'
import { modelled } from './simulate.ts'

const usage = `npm run model:record [-- STEP ...]

Measures every plan of the model with the real programs, or those of some steps, such as 05, and
what is missing, and writes points.json beside the page of the step. Each is run five times and the
shortest is kept: other programs can only make a run longer.`

await main(async () => {
  const { words: chosen } = readCommandLine(usage, {})
  const unknown = chosen.find((step) => !plans.some((plan) => plan.step === step))
  if (unknown !== undefined) throw new UsageError(`there is no step "${unknown}"`)
  for (const { number, folder } of modelled) {
    const file = join(root, 'docs/steps', folder, 'points.json')
    const again = chosen.length === 0 || chosen.includes(number)
    const before = again || !existsSync(file) ? [] : (JSON.parse(await readFile(file, 'utf8')) as Point[])
    const points: Point[] = []
    for (const plan of plans.filter(({ step }) => step === number)) {
      const known = before.find((point) => JSON.stringify(point.plan) === JSON.stringify(plan))
      points.push(known ?? (await measured(plan)))
    }
    await writeFile(file, `[\n${points.map((point) => JSON.stringify(point)).join(',\n')}\n]\n`)
  }
})

async function measured(plan: Plan): Promise<Point> {
  const runs: Point[] = []
  while (runs.length < 5) runs.push(measure(plan, await record(plan)))
  const best = runs.reduce((a, b) => (b.total < a.total ? b : a))
  console.log(`${JSON.stringify(plan)}: ${best.total} ms`)
  return best
}
