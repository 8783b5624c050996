import { connect } from '@rpc-steps/async-await'
import { main, readOptions } from '@rpc-steps/cli'
import { startServer } from '@rpc-steps/cli/processes'
import { gather } from './src/index.ts'

const usage = `swamp.ts

A crowd of calls from one client, and how long the calls of another take meanwhile.`

const calls = 1000
const crowd = Array.from({ length: calls }, (_, i) => ({ text: String(i), rounds: 500 }))

await main(async () => {
  readOptions(usage, {})
  const server = await startServer(new URL('server.ts', import.meta.url))
  const greedy = await connect(server)
  const neighbour = await connect(server)
  const hash = (params: (typeof crowd)[number]) => greedy.call('hash', params)
  await gather(crowd, hash, { limit: 10 }) // until the code is compiled

  console.log(`${calls} calls of hash; meanwhile a neighbour calls say, again and again\n`)
  console.log('in flight at most   the crowd took   the neighbour waited at worst')
  for (const limit of [1, 10, 100, Infinity]) {
    let done = false
    let worst = 0
    const start = performance.now()
    const all = gather(crowd, hash, { limit }).finally(() => (done = true))
    while (!done) {
      const asked = performance.now()
      await neighbour.call('say', { text: 'hello' })
      worst = Math.max(worst, performance.now() - asked)
    }
    await all
    const took = performance.now() - start
    const cells = [`${limit}`.padStart(17), `${took.toFixed(0)} ms`.padStart(17), `${worst.toFixed(0)} ms`.padStart(32)]
    console.log(cells.join(''))
  }

  await Promise.all([greedy.close(), neighbour.close()])
  await server.stop()
})
