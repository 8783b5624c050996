import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { flagOption, main, readCommandLine, UsageError } from '@rpc-steps/cli'
import { pointsOf, pointsTable } from './src/points.ts'
import type { Played } from './src/points.ts'

const usage = `npx tsx test/conformance/points.ts FILE [options]

Turns what npm run conformance -- --json has printed into points for an end project, as a table.`

await main(() => {
  const { values, words } = readCommandLine(usage, { json: flagOption('as JSON') })
  const [file, more] = words
  if (file === undefined || more !== undefined) throw new UsageError('name the file with the JSON of the tester')
  const scored = pointsOf(read(resolve(file)))
  console.log(values.json ? JSON.stringify({ points: scored.reduce((sum, one) => sum + one.points, 0), stages: scored }) : pointsTable(scored))
})

function read(file: string): Played {
  const none = new UsageError(`${file} is not what npm run conformance -- --json prints`)
  let played: Partial<Played> | null
  try {
    played = JSON.parse(readFileSync(file, 'utf8')) as Partial<Played> | null
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? error : none
  }
  const isWhole = Array.isArray(played?.stages) && played.stages.every(({ passed, findings, left }) => Array.isArray(passed) && Array.isArray(findings) && typeof left === 'number')
  if (!isWhole) throw none
  return played as Played
}
