import { connect } from '@rpc-steps/async-await'
import { connect as connectBlocking } from '@rpc-steps/blocking-sockets'
import { main, readOptions } from '@rpc-steps/cli'
import { startServer } from '@rpc-steps/cli/processes'
import { gather } from './src/index.ts'

const usage = `total-against-n.ts

How long n calls take in all, by each way of waiting, beside what its formula predicts.`

const ms = 20
const limit = 10
const counts = [1, 5, 25, 100]

/** Milliseconds that it takes. */
async function time(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

await main(async () => {
  readOptions(usage, {})
  const blockingServer = await startServer(new URL(import.meta.resolve('@rpc-steps/blocking-sockets/server')))
  const server = await startServer(new URL('server.ts', import.meta.url))
  const client = connectBlocking(blockingServer)
  const peer = await connect(server)
  const numbers = (n: number) => Array.from({ length: n }, (_, i) => i)
  const sleep = () => peer.call('sleep', { ms })
  const ways: [string, (n: number) => unknown, (n: number) => number][] = [
    ['01, blocking', (n) => numbers(n).forEach(() => client.call('sleep', { ms })), (n) => n * ms],
    ['04, awaited in a loop', async (n) => { while (n-- > 0) await sleep() }, (n) => n * ms],
    ['05, gathered', (n) => gather(numbers(n), sleep), () => ms],
    [`05, at most ${limit}`, (n) => gather(numbers(n), sleep, { limit }), (n) => Math.ceil(n / limit) * ms],
  ]

  console.log(`n calls that wait ${ms} ms each: total in ms, measured (predicted)\n`)
  console.log('n'.padEnd(24) + counts.map((n) => String(n).padStart(13)).join(''))
  for (const [name, way, predict] of ways) {
    await way(5) // until the code is compiled
    const cells: string[] = []
    for (const n of counts) cells.push(`${(await time(() => way(n))).toFixed(0)} (${predict(n)})`)
    console.log(name.padEnd(24) + cells.map((cell) => cell.padStart(13)).join(''))
  }

  client.close()
  await peer.close()
  await Promise.all([blockingServer.stop(), server.stop()])
})
