import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { nodeStripsTypes, stopAll } from '@rpc-steps/bench/processes'
import { flagOption, main, readOptions, textOption, UsageError } from '@rpc-steps/cli'
import { tables } from './src/report.ts'
import { measured, recordOf } from './src/steps.ts'
import { plans, take } from './src/take.ts'

const usage = `npm run ledger -- [options]

What every step costs, on the same work: what a call asks of the kernel, what goes over the wire,
what is allocated, processor time, time until the answer; memory of an idle connection, and time
to end. And what each filter adds to a call. All steps take about four minutes.`

const known = {
  quick: flagOption('one short run, and less sure of its numbers'),
  step: textOption('NN,NN', 'these steps, with their filters', undefined),
  json: textOption('FILE', 'write the numbers to a file, too', undefined),
  record: flagOption('write them to where the site has them from'),
  tsx: flagOption('through tsx, even where Node can do without it'),
}

/** Says what is done now, and how long it still takes: on one line of a terminal, else on a line for each step. */
function teller(): (what: string, part: number) => void {
  const began = performance.now()
  let said = ''
  return (what, part) => {
    const left = part === 0 ? '' : `, ${((performance.now() - began) / 1000 / part * (1 - part)).toFixed(0)} s to go`
    const [step = ''] = what.split(': ')
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}${left}`)
    else if (step !== said) console.error(`${step}${left}`)
    said = step
  }
}

process.on('exit', stopAll)
process.on('SIGINT', () => process.exit(130))
process.on('SIGTERM', () => process.exit(143))
await main(async () => {
  const { quick, step, json, record, tsx } = readOptions(usage, known)
  const numbers = step?.split(',')
  const steps = measured.filter(({ name }) => !numbers || numbers.some((number) => name.slice(0, 2) === number.padStart(2, '0')))
  if (steps.length === 0) throw new UsageError(`--step must name steps by their numbers, such as 03,04, not "${step}"`)
  if (record && quick) throw new UsageError('--record keeps what was measured as well as can be: leave out --quick')
  const through = tsx || !nodeStripsTypes
  const all = await take(steps, quick ? plans.quick : plans.whole, through, teller())
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  const rows = steps.map((one) => ({ name: one.name, row: all.get(one)! }))
  const [{ row: { node, types, pinned, runs } }] = rows as [typeof rows[0]]
  console.log(`Node ${node}, types stripped by ${types}, ${pinned ? 'client and server on one core' : 'not pinned'}, ${runs === 1 ? 'one run' : `median of ${runs} runs`}\n`)
  console.log(tables(rows))
  // npm runs us in our own folder, and says where it was called.
  if (json !== undefined) writeFileSync(resolve(process.env['INIT_CWD'] ?? '', json), textOf(Object.fromEntries(rows.map(({ name, row }) => [name, row]))))
  if (record) for (const one of steps) writeFileSync(recordOf(one), textOf(all.get(one)))
})

function textOf(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
