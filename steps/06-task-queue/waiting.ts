import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { erlangWait, simulate } from './src/index.ts'

const usage = `waiting.ts [options]

How long a request waits for a worker, as more and more comes: measured on the queue of this step, in
simulated time, beside Erlang's formula (M/M/c). It knows no bound, so the queue is measured without one,
and then with it.`

const serviceMs = 10
const tenths = Array.from({ length: 12 }, (_, i) => i + 1)

await main(async () => {
  const { workers, capacity, requests, seed } = readOptions(usage, {
    workers: numberOption('N', 'requests that are worked on at a time', 4, 1, 1_000),
    capacity: numberOption('N', 'requests that wait, where there is a bound', 40, 0, 1_000_000),
    requests: numberOption('N', 'requests for each line', 100_000, 1, 100_000_000),
    seed: numberOption('N', 'of the random numbers', 1, 0, 0x7fffffff),
  })
  const ms = (value: number) => (Number.isFinite(value) ? `${value.toFixed(2)} ms` : 'no end')
  console.log(`mean wait for one of ${workers} workers, of requests that take ${serviceMs} ms in the mean\n`)
  const headings = ['utilisation', 'Erlang C', 'without a bound', `capacity ${capacity}`, 'refused']
  const row = (cells: string[]) => console.log(cells.map((cell, i) => cell.padStart(i === 0 ? 11 : 18)).join(''))
  row(headings)
  for (const tenth of tenths) {
    const load = { workers, utilisation: tenth / 10, serviceMs, requests, seed }
    const formula = erlangWait(workers, load.utilisation, serviceMs)
    // What it would be above that depends on nothing but how long we look.
    const free = formula === Infinity ? Infinity : (await simulate({ ...load, capacity: Infinity })).waitMs
    const bound = await simulate({ ...load, capacity })
    row([load.utilisation.toFixed(1), ms(formula), ms(free), ms(bound.waitMs), `${(100 * bound.refused).toFixed(1)} %`])
  }
})
