import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@rpc-steps/async-await'
import type { Peer } from '@rpc-steps/async-await'
import { main, readOptions } from '@rpc-steps/cli'
import { startServer } from '@rpc-steps/cli/processes'
import type { RunningServer } from '@rpc-steps/cli/processes'
import { gantt, legend, readTrace, recordTo, spansOf } from '@rpc-steps/trace'
import type { TraceEvent } from '@rpc-steps/trace'
import { cancels, deadlined } from './src/index.ts'

const usage = `demo.ts

Starts a chain of three servers, and a client that calls through all of them and gives up: once without
telling anybody, and once with a deadline. Draws both, and sums up how much work went on for nobody.`

const [patience, takes] = [300, 1500]
const names = ['A', 'B', 'C']
const sleep = { method: 'sleep', params: [takes] }

/** The way to give up, and when the last server should be free again, in milliseconds after the call. */
interface Act {
  title: string
  until: number
  connected: (port: number) => Promise<Peer>
  call: (peer: Peer) => Promise<unknown>
}

const relay = ['relay', { method: 'relay', params: sleep }] as const
const acts: readonly Act[] = [
  {
    title: 'nobody is told',
    until: takes,
    connected: (port) => connect({ host: '127.0.0.1', port }),
    call: (peer) => peer.call(...relay, { signal: AbortSignal.timeout(patience) }),
  },
  {
    title: 'with a deadline',
    until: patience,
    connected: (port) => connect({ host: '127.0.0.1', port }, { extensions: [cancels] }),
    call: (peer) => deadlined(peer.call, patience)(...relay),
  },
]

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
const ms = (microseconds: number) => `${(microseconds / 1000).toFixed(microseconds < 10_000 ? 1 : 0)} ms`
const line = ([first = '', ...cells]: string[]) => first.padEnd(16) + cells.map((cell) => cell.padStart(12)).join('')

await main(async () => {
  readOptions(usage, {})
  console.log(`\n07 deadlines: who gives up is heard`)
  console.log(`\nA asks B, B asks C, and C takes ${takes} ms; the caller gives up after ${patience} ms.`)
  const table: string[] = []
  const rows: object[] = []
  for (const act of acts) {
    console.log(`\n${act.title} ...\n`)
    const { events, gaveUp, start, pids } = await play(act)
    console.log(gantt(events))
    const work = spansOf(events).filter(({ cat }) => cat === 'work')
    const after = pids.map((pid) => sum(work.filter((span) => span.pid === pid).map(({ end }) => Math.max(0, end - gaveUp))))
    table.push(line([act.title, ...after.map(ms), ms(sum(after))]))
    const measured = Math.max(...work.map(({ end }) => end - start)) / 1000
    rows.push({ title: `a chain of three, ${act.title}`, formula: 'until all are free', predicted: act.until, measured })
  }
  console.log(`\n${legend}\n\nWork that went on for nobody, after the caller had left:\n`)
  console.log([line(['', ...names, 'in all']), ...table].join('\n'))
  process.send?.(rows)
})

interface Played {
  events: TraceEvent[]
  /** Microseconds on the clock of the trace. */
  start: number
  gaveUp: number
  pids: number[]
}

/** Starts the chain from its end, makes the call, and waits until all of it is over. */
async function play({ connected, call }: Act): Promise<Played> {
  const folder = await mkdtemp(join(tmpdir(), 'rpc-steps-'))
  const files = ['client', ...names].map((name) => join(folder, `${name}.json`))
  const servers: RunningServer[] = []
  try {
    for (const name of names.toReversed()) {
      const behind = servers[0] ? ['--upstream', `127.0.0.1:${servers[0].port}`] : []
      const args = ['--trace', files[1 + names.indexOf(name)]!, ...behind]
      servers.unshift(await startServer(new URL('server.ts', import.meta.url), args))
    }
    const peer = await connected(servers[0]!.port)
    await peer.call('relay', { method: 'relay', params: { method: 'sum' } }) // until the code is compiled
    const stop = recordTo(files[0]!, 'client')
    await call(peer).then(
      () => Promise.reject(new Error(`the answer came in less than ${patience} ms`)),
      () => {},
    )
    stop()
    // Each finishes what it has accepted, from the front to the back.
    for (const server of servers) await server.stop()
    await peer.close()
    const all = readTrace(...(await Promise.all(files.map((file) => readFile(file, 'utf8')))))
    const own = spansOf(all).find(({ cat, pid }) => cat === 'call' && pid === process.pid)!
    const events = all.filter(({ ph, ts }) => ph === 'M' || ts >= own.start)
    return { events, start: own.start, gaveUp: own.end, pids: servers.map(({ pid }) => pid) }
  } finally {
    await Promise.all(servers.map((server) => server.stop('SIGKILL')))
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
