import { connect } from '@rpc-steps/async-await'
import type { Peer } from '@rpc-steps/async-await'
import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { resident, startServer } from '@rpc-steps/cli/processes'
import { deadlined } from '@rpc-steps/deadlines'
import { numbers, stream, streams } from './src/index.ts'

const usage = `soak.ts [options]

Many calls with deadlines, some of them cancelled, and many items both ways, some streams
broken off: does it end with as much memory as it began with? Ends with 1 if either process
has grown by more than 20 MiB after the first tenth, or if something is left in a table.`

const most = 20
const each = 1000 // items of a stream

await main(async () => {
  const { calls, items } = readOptions(usage, {
    calls: numberOption('N', 'calls', 1_000_000, 1000, 1e9),
    items: numberOption('N', 'items', 10_000_000, 1000, 1e9),
  })
  const server = await startServer(new URL('server.ts', import.meta.url))
  try {
    const peer = await connect(server, { extensions: [streams] })
    const sizes: number[][] = []
    for (let tenth = 1; tenth <= 10; tenth++) {
      const [called, came] = await Promise.all([call(peer, calls / 10), read(peer, items / 10)])
      const size = await Promise.all([process.pid, server.pid].map(async (pid) => (await resident(pid)) ?? 0))
      sizes.push(size)
      const line = [`${tenth}/10`, `${called} answered`, `${came} items`, ...size.map((mib) => `${mib.toFixed(0)} MiB`)]
      console.log(line.map((cell) => cell.padStart(17)).join(''))
    }
    const grown = sizes.at(-1)!.map((size, i) => size - sizes[0]![i]!)
    const left = peer.stats.pending + peer.stats.unanswered + streams(peer).calls.size
    console.log(`\ngrown by ${grown.map((mib) => mib.toFixed(1)).join(' and ')} MiB after the first tenth; ${left} left in tables`)
    if (left > 0 || grown.some((mib) => mib > most)) process.exitCode = 1
    await peer.close()
  } finally {
    await server.stop()
  }
})

/** So many calls, 32 at a time; returns how many were answered, and not cancelled. */
async function call(peer: Peer, calls: number): Promise<number> {
  const inTime = deadlined(peer.call, 30_000)
  let [asked, answered] = [0, 0]
  const lane = async () => {
    while (asked++ < calls) {
      const controller = asked % 10 === 0 ? new AbortController() : undefined
      const { signal } = controller ?? {}
      const done = inTime('add', [asked, 1], { signal }).then(() => answered++, () => {})
      controller?.abort(new Error('cancelled'))
      await done
    }
  }
  await Promise.all(Array.from({ length: 32 }, lane))
  return answered
}

/** So many items, up and down again in turn, on 4 streams at a time; returns how many came. */
async function read(peer: Peer, items: number): Promise<number> {
  let [begun, came] = [0, 0]
  const lane = async () => {
    while ((begun += each) <= items) {
      const isEcho = begun % (4 * each) === 0
      const end = begun % (7 * each) === 0 ? each / 2 : Infinity // every seventh is broken off
      const options = isEcho ? { up: numbers(each) } : {}
      let count = 0
      for await (const item of stream(peer.call, isEcho ? 'echo' : 'count', isEcho ? undefined : { to: each }, options)) {
        came++
        if (item !== ++count) throw new Error(`item ${JSON.stringify(item)} came where ${count} was due`)
        if (count === end) break
      }
    }
  }
  await Promise.all(Array.from({ length: 4 }, lane))
  return came
}
