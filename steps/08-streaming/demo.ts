import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '@rpc-steps/async-await'
import type { Call, Peer, PeerOptions } from '@rpc-steps/async-await'
import { main, readOptions } from '@rpc-steps/cli'
import { startServer } from '@rpc-steps/cli/processes'
import { readTrace, recordMemory, recordTo } from '@rpc-steps/trace'
import type { TraceEvent } from '@rpc-steps/trace'
import { stream, streams } from './src/index.ts'

const usage = `demo.ts

Has a server send a long list of numbers, once in pieces and once as a whole, as step 07
does. Beside it, on the same connection, there are a slow reader and an ordinary call now
and then. Says how far each of them got, and draws the memory of both ends.`

/** Numbers for the quick reader; and how many the slow one takes, each so many milliseconds after the last. */
const [numbers, items, pause] = [2_000_000, 20, 50]

/** What one of those on the connection got, and in how many milliseconds. */
interface Got {
  who: string
  items: number
  first: number
  all: number
}

interface Act {
  title: string
  server: URL
  args?: string[]
  options: PeerOptions
  readers: (peer: Peer) => Promise<Got>[]
}

const acts: readonly Act[] = [
  {
    title: 'in pieces',
    server: new URL('server.ts', import.meta.url),
    options: { extensions: [streams] },
    readers: ({ call }) => [read('a quick reader', call, numbers, 0), read('a slow reader', call, items, pause)],
  },
  {
    title: 'as a whole',
    server: new URL('../07-deadlines/whole.ts', import.meta.url),
    args: ['--serve'],
    options: { body: Infinity, hardCap: Infinity },
    readers: ({ call }) => [whole('one answer', call)],
  },
]

/** Takes so many items, and wants no more of them. */
async function read(who: string, call: Call, items: number, pause: number): Promise<Got> {
  const start = performance.now()
  const got = { who, items: 0, first: 0, all: 0 }
  for await (const number of stream(call, 'count', { to: numbers })) {
    if (got.items === 0) got.first = performance.now() - start
    got.items = Number(number) // they are counted already
    if (pause > 0) await delay(pause)
    if (got.items === items) break
  }
  return { ...got, all: performance.now() - start }
}

async function whole(who: string, call: Call): Promise<Got> {
  const start = performance.now()
  const { length } = (await call('numbers', { to: numbers })) as unknown[]
  const all = performance.now() - start
  return { who, items: length, first: all, all }
}

interface Played {
  got: Got[]
  /** Milliseconds that each ordinary call took. */
  calls: number[]
  /** MiB over time. */
  memory: { server: number[]; client: number[] }
}

/** Starts a server, and has all read from it at once. */
async function play({ server: file, args = [], options, readers }: Act): Promise<Played> {
  const folder = await mkdtemp(join(tmpdir(), 'rpc-steps-'))
  const traces = ['server', 'client'].map((name) => join(folder, `${name}.json`))
  const server = await startServer(file, [...args, '--trace', traces[0]!])
  try {
    const peer = await connect(server, options)
    for (let i = 0; i < 100; i++) await peer.call('add', [i, 1]) // until the code is compiled
    const stop = recordTo(traces[1]!, 'client')
    const over = new AbortController()
    const calls = nowAndThen(peer.call, over.signal)
    const got = await Promise.all(readers(peer))
    over.abort()
    const all = { got, calls: await calls }
    stop()
    await peer.close()
    await server.stop()
    const [there = [], here = []] = await Promise.all(traces.map(async (file) => readTrace(await readFile(file, 'utf8'))))
    return { ...all, memory: { server: memoryOf(there, here[0]!.ts), client: memoryOf(here, here[0]!.ts) } }
  } finally {
    await server.stop('SIGKILL')
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function nowAndThen(call: Call, signal: AbortSignal): Promise<number[]> {
  const times: number[] = []
  while (!signal.aborted) {
    const start = performance.now()
    await call('add', [1, 2])
    times.push(performance.now() - start)
    await delay(20)
  }
  return times
}

/** From the last look at it before a moment. */
function memoryOf(events: readonly TraceEvent[], from: number): number[] {
  const counted = events.filter(({ ph }) => ph === 'C')
  const first = counted.findLastIndex(({ ts }) => ts <= from)
  return counted.slice(Math.max(0, first)).map(({ args }) => Number(args!['MiB']))
}

const line = (first: string, ...cells: (string | number)[]) =>
  first.padEnd(24) + cells.map((cell) => String(cell).padStart(16)).join('')
const time = (ms: number) => `${ms.toFixed(ms < 10 ? 1 : 0)} ms`

const columns = 36
const heights = '▁▂▃▄▅▆▇█'

/** The memory of both ends, in one scale: the lowest mark is what each began with. */
function picture(played: readonly (Played & { title: string })[]): string {
  const growth = (values: readonly number[]) => Math.max(...values) - values[0]!
  const most = Math.max(...played.flatMap(({ memory }) => [growth(memory.server), growth(memory.client)]))
  const mark = (grown: number) => heights[Math.round((Math.max(0, grown) / most) * (heights.length - 1))]!
  const rows = played.flatMap(({ title, memory }) =>
    (['server', 'client'] as const).map((end, i) => {
      const values = memory[end]
      const at = (column: number) => values[Math.floor((column / columns) * values.length)]! - values[0]!
      const drawn = Array.from({ length: columns }, (_, column) => mark(at(column))).join('')
      const name = `${(i === 0 ? title : '').padEnd(12)}${end.padEnd(8)}`
      return `${name}${drawn}${`${values[0]!.toFixed(0)} MiB`.padStart(10)}${`+ ${growth(values).toFixed(0)}`.padStart(8)}`
    }),
  )
  return [`${'memory over time'.padEnd(20 + columns)}   at first at most`, ...rows].join('\n')
}

recordMemory(20)

await main(async () => {
  readOptions(usage, {})
  console.log('\n08 streaming: at the pace of its reader\n')
  console.log(`${numbers.toLocaleString('en')} numbers; the slow reader takes ${items}, and pauses ${pause} ms after each.\n`)
  console.log(line('', 'items', 'the first', 'all'))
  const played: (Played & { title: string })[] = []
  for (const act of acts) {
    console.log(`${act.title} ...`)
    const all = await play(act)
    played.push({ title: act.title, ...all })
    for (const { who, items, first, all: last } of all.got) console.log(line(`  ${who}`, items, time(first), time(last)))
    const calls = all.calls.toSorted((a, b) => a - b)
    console.log(line('  calls now and then', calls.length, `${time(calls[calls.length >> 1]!)} each`, `${time(calls.at(-1)!)} at most`))
  }
  console.log(`\n${picture(played)}`)
  const slow = played[0]!.got.find(({ who }) => who === 'a slow reader')!
  process.send?.([
    { title: `a slow reader: ${items} items`, formula: `${items} x ${pause} ms`, predicted: items * pause, measured: slow.all },
  ])
})
