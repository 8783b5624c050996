import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { programOf, runsHere, steps } from '@rpc-steps/course/steps'
import type { Row } from './demo.ts'
import { main } from './main.ts'
import { readOptions } from './options.ts'

const usage = `npm run tour

Runs the demo of every step that this system can run, one after another, and prints one table at
the end. The steps:
${steps.map(({ number, title }) => `  ${number} ${title}`).join('\n')}`

await main(async () => {
  readOptions(usage, {})
  const began = performance.now()
  const rows: string[] = []
  for (const step of steps.filter(runsHere)) {
    const name = step.folder
    const file = fileURLToPath(programOf(step, 'demo'))
    const demo = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), file], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    demo.on('message', (message) => {
      for (const row of message as Row[]) rows.push(tableRow(name, row))
    })
    const [code] = (await once(demo, 'exit')) as [number | null]
    if (code !== 0) rows.push(`${name.padEnd(22)} failed; what it said is above`)
    process.exitCode = code === 0 ? process.exitCode : 1
  }
  console.log(`\nThe same work in every step. T_total in milliseconds:\n`)
  console.log(`${' '.repeat(62)}predicted measured`)
  console.log(rows.join('\n'))
  console.log(`\n${((performance.now() - began) / 1000).toFixed(0)} s in all`)
})

function tableRow(step: string, { title, predicted, measured }: Row): string {
  const figures = [predicted, measured].map((ms) => ms.toFixed(0).padStart(9)).join('')
  return `${step.padEnd(21)}${title.padEnd(41)}${figures}`
}
