import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answer, connect, listen } from '@rpc-steps/async-await'
import type { Address, Call, Peer } from '@rpc-steps/async-await'
import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { fillFolder, signToken } from './src/certificates.ts'
import { audit, connectSecurely, guarded, listenSecurely, readCredentials, readGuard, withToken } from './src/index.ts'

const usage = `cost.ts [options]

What it costs to know who is there: of a call, one at a time and 64 in flight, of a connection,
and of a token; client and server in one process, which has the work of both ends.`

/** The best of so many is told. */
let rounds = 5

/** Microseconds that one of `count` takes: the best of some rounds. */
async function time(count: number, work: (count: number) => Promise<unknown>, times = rounds): Promise<number> {
  let best = Infinity
  for (let round = 0; round < times; round++) {
    const start = performance.now()
    await work(count)
    best = Math.min(best, performance.now() - start)
  }
  return (best * 1000) / count
}

/** Calls, so many of them in flight. */
function calls(call: Call, lanes: number, count: number): Promise<number> {
  const lane = async () => {
    for (let i = 0; i < count / lanes; i++) await call('say', { text: 'hello' })
  }
  return time(count, () => Promise.all(Array.from({ length: lanes }, lane)))
}

/** Connections, one after the other, each with one call: who is there is known when that is answered. */
function connections(dial: () => Promise<Peer>, count: number): Promise<number> {
  return time(count, async () => {
    for (let i = 0; i < count; i++) {
      const peer = await dial()
      await peer.call('add', [1, 2])
      await peer.close()
    }
  })
}

function table(title: string, rows: readonly (readonly [string, number])[]): void {
  const [, first] = rows[0]!
  console.log(`\n${title.padEnd(46)}${'µs'.padStart(12)}${'ratio'.padStart(10)}`)
  for (const [name, us] of rows) console.log(`  ${name.padEnd(44)}${us.toFixed(1).padStart(12)}${(us / first).toFixed(2).padStart(10)}`)
}

await main(async () => {
  const { rounds: asked, calls: count } = readOptions(usage, {
    rounds: numberOption('N', 'of each measurement, the best of which counts', 5, 1, 1000),
    calls: numberOption('N', 'in each of them', 10_000, 100, 1e9),
  })
  rounds = asked
  const folder = await mkdtemp(join(tmpdir(), 'rpc-steps-'))
  try {
    await fillFolder(folder)
    await measure(folder, count)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
})

async function measure(folder: string, count: number): Promise<void> {
  const local = { host: '127.0.0.1', port: 0 }
  const guard = await readGuard(folder)
  const [ada, nobody] = [await readCredentials(folder, 'ada'), await readCredentials(folder)]
  const token = (await readFile(join(folder, 'ada.token'), 'utf8')).trim()
  const { credentials } = guard
  const log = audit()

  const plain = await listen(answer, local)
  const secure = await listenSecurely(answer, local, { credentials, audit: log, open: () => true })
  const knowing = await listenSecurely(guarded(answer, () => guard, { audit: log }), local, { credentials, audit: log })

  const byTls = (to: Address) => connectSecurely(to, { credentials: ada })
  const peers = [await connect(plain), await byTls(secure), await byTls(knowing), await connectSecurely(knowing, { credentials: nobody })]
  const [inClear, encrypted, known, withoutName] = peers.map(({ call }) => call) as [Call, Call, Call, Call]
  const ways: readonly (readonly [string, Call])[] = [
    ['in clear, for everybody', inClear],
    ['by TLS, for everybody', encrypted],
    ['and checked: by its certificate', known],
    ['by its token', withToken(withoutName, token)],
  ]
  console.log(`Node ${process.versions.node}`)
  for (const [, call] of ways) await calls(call, 64, count) // until the code is compiled
  for (const [title, lanes] of [['a call, one at a time', 1], ['a call, 64 in flight', 64]] as const) {
    const rows: [string, number][] = []
    for (const [name, call] of ways) rows.push([name, await calls(call, lanes, count)])
    table(title, rows)
  }
  for (const peer of peers) await peer.close()

  const fewer = Math.ceil(count / 50)
  table('a connection, one call and its end', [
    ['in clear', await connections(() => connect(plain), fewer)],
    ['by TLS, and both ends say who they are', await connections(() => byTls(knowing), fewer)],
  ])

  const key = await readFile(join(folder, 'tokens.key'), 'utf8')
  // No two are the same, for a signature has chance in it. So once round is all that can be had of them.
  const fresh = await Promise.all(Array.from({ length: fewer }, () => signToken(key, 'ada', 60_000)))
  const verifyAll = async (all: readonly string[]) => {
    for (const token of all) await guard.verify(token)
  }
  table('a token', [
    ['seen before', await time(count, (count) => verifyAll(Array<string>(count).fill(token)))],
    ['verified for the first time', await time(fewer, () => verifyAll(fresh), 1)],
  ])
  for (const server of [plain, secure, knowing]) await server.close()
}
