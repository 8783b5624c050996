import { connect } from '@rpc-steps/async-await'
import { main, readOptions } from '@rpc-steps/cli'
import { startServer } from '@rpc-steps/cli/processes'
import { pages } from '@rpc-steps/service'
import { gather } from './src/index.ts'

const usage = `first-error.ts

Makes five calls at once, of which the second fails at once, and looks after the other four.`

const failing = 1
const urls = Object.keys(pages)

await main(async () => {
  readOptions(usage, {})
  const server = await startServer(new URL('server.ts', import.meta.url))
  const peer = await connect(server)

  let waiting = 0
  let ended = 0
  const visit = async (url: string, signal?: AbortSignal) => {
    waiting++
    try {
      if (urls.indexOf(url) === failing) return await peer.call('fail', { code: 1, message: 'no' })
      return await peer.call('fetch', { url }, signal && { signal })
    } finally {
      waiting--
      ended = performance.now()
    }
  }
  const ways = {
    'Promise.all': () => Promise.all(urls.map((url) => visit(url))),
    gather: () => gather(urls, visit),
  }
  await ways.gather().catch(() => {}) // until the code is compiled

  console.log(`${urls.length} calls at once, and one of them fails\n`)
  console.log('              the error after   calls still waiting   the last ends after')
  for (const [name, run] of Object.entries(ways)) {
    const start = performance.now()
    const since = (at: number) => `${(at - start).toFixed(0)} ms`
    await run().catch(() => {})
    const told = [since(performance.now()), String(waiting)]
    while (waiting > 0) await new Promise((resolve) => setTimeout(resolve, 1))
    console.log(`${name.padEnd(11)}${told[0]!.padStart(18)}${told[1]!.padStart(22)}${since(ended).padStart(22)}`)
  }
  await peer.close()
  await server.stop()
})
