import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '@rpc-steps/async-await'
import type { Peer } from '@rpc-steps/async-await'
import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { resident, startServer } from '@rpc-steps/cli/processes'
import { stream, streams } from './src/index.ts'

const usage = `pace.ts [options]

What is promised of streams, measured on a server of its own: what an item costs beside a
call for each, what a stream is to a call beside it, and to the memory of both ends when its
reader is a hundred times slower than its writer. It ends with 1 if a promise was not kept.`

const thousand = (n: number) => (Math.round(n / 1000) * 1000).toLocaleString('en')

await main(async () => {
  const { items } = readOptions(usage, { items: numberOption('N', 'items for the slow reader', 1_000_000, 1_000, 1e9) })
  const server = await startServer(new URL('server.ts', import.meta.url))
  try {
    const peer = await connect(server, { extensions: [streams] })
    const kept = [await pace(peer), await beside(peer), ...(await memory(peer, server.pid, items))]
    await peer.close()
    if (!kept.every(Boolean)) process.exitCode = 1
  } finally {
    await server.stop()
  }
})

/** Says what was measured and what was promised. */
function promise(what: string, measured: number, most: boolean, bound: number, unit: string): boolean {
  const kept = most ? measured <= bound : measured >= bound
  console.log(`${kept ? 'kept  ' : 'BROKEN'}  ${what}: ${measured.toFixed(1)} ${unit}, promised at ${most ? 'most' : 'least'} ${bound}`)
  return kept
}

// #region pace
/** Items a second, as one stream, and when each is a call, 64 of them in flight. */
async function pace(peer: Peer): Promise<boolean> {
  const [calls, items] = [20_000, 400_000]
  let asked = 0
  const lane = async () => {
    while (asked++ < calls) await peer.call('add', [asked, 1])
  }
  const called = calls / (await seconds(() => Promise.all(Array.from({ length: 64 }, lane))))
  const streamed = await rate(peer, items)
  const figures = `times as many items a second (${thousand(streamed)} to ${thousand(called)})`
  return promise('a stream gives', streamed / called, false, 5, figures)
}

async function rate(peer: Peer, items: number): Promise<number> {
  return items / (await seconds(async () => {
    const reader = stream(peer.call, 'count', { to: items })[Symbol.asyncIterator]()
    while (!(await reader.next()).done);
  }))
}

async function seconds(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await run()
  return (performance.now() - start) / 1000
}
// #endregion

// #region beside
/** An ordinary call on a connection on which a stream waits for its reader. */
async function beside(peer: Peer): Promise<boolean> {
  await median(peer) // until the code is compiled
  const alone = await median(peer)
  const reader = stream(peer.call, 'count', { to: 1e9 })[Symbol.asyncIterator]()
  await reader.next()
  const along = await median(peer)
  await reader.return!()
  return promise('beside a full stream a call takes', along / alone, true, 2, 'times as long')
}

/** Seconds that a call takes, one after the other: the one in the middle of so many. */
async function median(peer: Peer, calls = 1000): Promise<number> {
  const times: number[] = []
  while (times.length < calls) times.push(await seconds(() => peer.call('add', [1, 2])))
  return times.toSorted((a, b) => a - b)[calls >> 1]!
}
// #endregion

// #region memory
/** How much both ends grow while a reader takes a hundredth of what the writer could send. */
async function memory(peer: Peer, pid: number, items: number): Promise<boolean[]> {
  const slow = (await rate(peer, 400_000)) / 100
  const ends = [process.pid, pid]
  const [here = 0, there] = await Promise.all(ends.map(resident))
  if (there === undefined) {
    console.log('skipped  memory: it is read from /proc, which is there on Linux only')
    return []
  }
  let most = [0, 0]
  const start = performance.now()
  for await (const item of stream(peer.call, 'count', { to: items })) {
    const count = Number(item)
    if (count % 1000 === 0) most = (await Promise.all(ends.map(resident))).map((now = 0, i) => Math.max(now, most[i]!))
    while (count > ((performance.now() - start) / 1000) * slow) await delay(1)
  }
  return [
    promise(`while ${thousand(items)} items come slowly, the reader grows by`, most[0]! - here, true, 20, 'MiB'),
    promise('and the writer by', most[1]! - there, true, 20, 'MiB'),
  ]
}
// #endregion
