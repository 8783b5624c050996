import { setTimeout as delay } from 'node:timers/promises'
import { answer, connect, listen } from '@rpc-steps/async-await'
import type { Call, Handler, Json } from '@rpc-steps/async-await'
import { announce, flagOption, main, numberOption, readOptions, stopSignal, textOption } from '@rpc-steps/cli'
import { startServer } from '@rpc-steps/cli/processes'
import { queued } from '@rpc-steps/task-queue'
import { recordMemory, recordTo } from '@rpc-steps/trace'
import { deadlined, inTime } from './src/index.ts'

const usage = `whole.ts [--items N]

Asks a server for the numbers from 1 to N as one answer, which is 100 MB without --items. Says what memory
both ends took for it, when the first number was of use, and what became of an ordinary call meanwhile.`

const options = {
  items: numberOption('N', 'numbers in the answer', 12_350_000, 1, 50_000_000),
  serve: flagOption('be the server, and nothing else'),
  port: numberOption('PORT', 'the port of the server', 0, 0, 65535),
  trace: textOption('FILE', 'the server writes what happens to a trace file', undefined),
}

// Nobody should set these so: with the usual ones, an answer like this one is refused.
const limits = { body: Infinity, hardCap: Infinity }

/** In MiB, at most until now. */
const memory = () => process.resourceUsage().maxRSS / 1024
const ms = (time: number) => `${time.toFixed(time < 10 ? 1 : 0)} ms`
const line = (first: string, ...cells: string[]) => first.padEnd(44) + cells.map((cell) => cell.padStart(12)).join('')

/** The service, and a method that answers with as many numbers as one likes. */
const numbers: Handler = (request, context) => {
  const { method, params } = request
  if (method === 'memory') return memory()
  if (method !== 'numbers') return answer(request, context)
  return Array.from({ length: (params as { to: number }).to }, (_, i) => i + 1)
}

await main(async () => {
  const { items, serve: server, port, trace } = readOptions(usage, options)
  await (server ? serve(port, trace) : ask(items))
})

async function serve(port: number, trace: string | undefined): Promise<void> {
  if (trace !== undefined) {
    recordTo(trace, 'server')
    recordMemory()
  }
  const handler = deadlined(queued(inTime(numbers), { workers: 16, capacity: 100 }))
  const server = await listen(handler, { host: '127.0.0.1', port }, limits)
  const stopped = stopSignal()
  announce(server)
  await stopped
  await server.close()
}

async function ask(to: number): Promise<void> {
  const server = await startServer(new URL(import.meta.url), ['--serve'])
  const peer = await connect(server, limits)
  try {
    for (let i = 0; i < 20; i++) await timed(peer.call, 'say') // until the code is compiled
    const alone = await timed(peer.call, 'say')
    const before = [Number(await peer.call('memory')), memory()] as const

    const start = performance.now()
    const whole = peer.call('numbers', { to }).then((all) => [all, performance.now() - start] as const)
    await delay(1)
    const beside = timed(peer.call, 'say')
    const [all, first] = await whole
    const after = [Number(await peer.call('memory')), memory()] as const
    const bytes = JSON.stringify(all).length

    console.log(`Node ${process.versions.node}\n`)
    console.log(`one answer with the numbers from 1 to ${(all as Json[]).length}: ${(bytes / 1e6).toFixed(0)} MB\n`)
    console.log(line('', 'before', 'at most'))
    for (const [i, name] of ['server', 'client'].entries()) {
      console.log(line(`memory of the ${name}`, ...[before[i]!, after[i]!].map((all) => `${all.toFixed(0)} MiB`)))
    }
    console.log(`\n${line('until the first number is of use', ms(first))}`)
    console.log(line('an ordinary call, alone', ms(alone)))
    console.log(line('an ordinary call beside that answer', ms(await beside)))
  } finally {
    await peer.close()
    await server.stop()
  }
}

/** Milliseconds that an ordinary call takes. */
async function timed(call: Call, method: string): Promise<number> {
  const start = performance.now()
  await call(method, { text: 'hello' })
  return performance.now() - start
}
