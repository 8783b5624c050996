import { AsyncLocalStorage } from 'node:async_hooks'
import { answer, connect, listen } from '@rpc-steps/async-await'
import type { Call, Handler, Peer } from '@rpc-steps/async-await'
import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { cancels, deadlined } from './src/index.ts'

const usage = `cost-of-context.ts [options]

What AsyncLocalStorage costs: of an await and of a timer before anybody uses it, once somebody does, and
inside; and what a deadline and its inheritance cost of a call, client and server in one process.`

const storage = new AsyncLocalStorage<object>()
/** The best of so many is told. */
let rounds = 5

/** Nanoseconds that one of `count` takes: the best of some rounds. */
async function time(count: number, work: (count: number) => unknown): Promise<number> {
  let best = Infinity
  for (let round = 0; round < rounds; round++) {
    const start = performance.now()
    await work(count)
    best = Math.min(best, performance.now() - start)
  }
  return (best * 1e6) / count
}

const nothing: Promise<void> | undefined = undefined

async function awaits(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await nothing
}

function timers(count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count
    const tick = () => --left === 0 && resolve()
    for (let i = 0; i < count; i++) setTimeout(tick, 0)
  })
}

/** Calls with a hundred in flight, on a connection of their own. */
async function calls(handler: Handler, withDeadline: (call: Call) => Call): Promise<number> {
  const server = await listen(handler, { host: '127.0.0.1', port: 0 }, { extensions: [cancels] })
  const peer: Peer = await connect(server, { extensions: [cancels] })
  const call = withDeadline(peer.call)
  const nanoseconds = await time(20_000, (count) => {
    const lane = async () => {
      for (let i = 0; i < count / 100; i++) await call('say', { text: 'hello' })
    }
    return Promise.all(Array.from({ length: 100 }, lane))
  })
  await peer.close()
  await server.close()
  return nanoseconds
}

function table(title: string, rows: readonly (readonly [string, number])[]): void {
  const [, first] = rows[0]!
  console.log(`\n${title.padEnd(52)}        ns    ratio`)
  for (const [name, ns] of rows) console.log(`  ${name.padEnd(50)}${ns.toFixed(0).padStart(10)}${(ns / first).toFixed(2).padStart(9)}`)
}

await main(async () => {
  ;({ rounds } = readOptions(usage, { rounds: numberOption('N', 'of each measurement, the best of which counts', 5, 1, 1000) }))
  console.log(`Node ${process.versions.node}`)
  const same = (call: Call) => call
  // A promise each, as a handler that waits has one.
  const slow: Handler = (request, context) => Promise.resolve(answer(request, context) as string)

  await calls(slow, same) // until the code is compiled
  const before = { await: await time(1_000_000, awaits), timer: await time(50_000, timers), call: await calls(slow, same) }
  const outside = () => storage.run({}, () => {})
  outside()
  const after = { await: await time(1_000_000, awaits), timer: await time(50_000, timers), call: await calls(slow, same) }
  const inside = await storage.run({}, async () => ({ await: await time(1_000_000, awaits), timer: await time(50_000, timers) }))
  const enter = await time(1_000_000, (count) => {
    for (let i = 0; i < count; i++) outside()
  })
  const server = await calls(deadlined(slow), same)
  const both = await calls(deadlined(slow), (call) => deadlined(call, 60_000))

  table('an await', [
    ['before anybody uses AsyncLocalStorage', before.await],
    ['once somebody has, outside', after.await],
    ['inside', inside.await],
  ])
  table('a timer', [
    ['before', before.timer],
    ['once somebody has, outside', after.timer],
    ['inside', inside.timer],
  ])
  console.log(`\nto enter and to leave: ${enter.toFixed(0)} ns`)
  table('a call, a hundred in flight', [
    ['before', before.call],
    ['once somebody has', after.call],
    ['the handler is deadlined', server],
    ['and so is the call, with a timer on either end', both],
  ])
})
