import { readFileSync, writeFileSync } from 'node:fs'
import { lastCore, stopAll } from '@rpc-steps/bench/processes'
import { measure } from './src/measure.ts'
import { medianOf, rounded } from './src/row.ts'
import { measured, recordOf } from './src/steps.ts'
process.on('exit', stopAll)
for (const c of measured) {
  if (c.name.startsWith('01')) continue
  const idles = []
  const ends = []
  for (let i = 0; i < 3; i++) {
    const { idle, end } = await measure(c, { runtime: { tsx: true, core: lastCore() }, effort: { warmUp: 1, turn: 1, calls: 10, idle: 1000 }, kernel: false, progress: () => {} })
    idles.push(idle); ends.push(end)
  }
  const row = JSON.parse(readFileSync(recordOf(c), 'utf8'))
  row.idle = rounded(medianOf(idles))
  console.log(c.name, row.idle, medianOf(ends))
  writeFileSync(recordOf(c), JSON.stringify(row, null, 2) + '\n')
}
process.exit()
