import { main, numberOption, readOptions, textOption, UsageError } from '@rpc-steps/cli'
import { run } from '@rpc-steps/cli/processes'
import type { Client } from '@rpc-steps/callbacks'
import { setupFlags } from '@rpc-steps/sockets'
import * as readiness from '@rpc-steps/event-loop'
import { answer, connect, listen, Loop } from './src/index.ts'
import type { LoopOptions } from './src/index.ts'
import { offers } from './measure/offers.ts'
import type { Offer } from './measure/offers.ts'

const usage = `tried.ts [options]

What the kernel offers to make rings faster, and what it brings: both ends in one thread, so that
there is nothing but their work. Prints microseconds of the processor for a call, and how many times
as fast as step 03 it is.`

interface Turning {
  turn(maxWait?: number): boolean
  close(): void
}

/** A server and its clients on one loop; `calls` makes so many calls, one in flight on each connection. */
interface World {
  loop: Turning
  calls(count: number): void
}

const { singleIssuer, coopTaskrun } = setupFlags

const variants: readonly [name: string, options: LoopOptions][] = [
  ['as it is: single issuer, deferred', {}],
  ['no flags', { flags: 0 }],
  ['cooperative', { flags: coopTaskrun }],
  ['single issuer', { flags: singleIssuer }],
  ['single issuer, cooperative', { flags: singleIssuer | coopTaskrun }],
  ['deferred, 64 buffers of 64 KiB', { buffers: 64, bufferSize: 64 * 1024 }],
  ['deferred, 256 buffers of 16 KiB', { buffers: 256, bufferSize: 16 * 1024 }],
]

function worldOf(connections: number, text: string, loop: Turning, open: (told: (client: Client) => void) => void): World {
  const clients: Client[] = []
  for (let i = 0; i < connections; i++) open((client) => clients.push(client))
  while (clients.length < connections) loop.turn(100)
  return {
    loop,
    calls(count) {
      let left = count
      let answers = 0
      const call = (client: Client) => {
        if (left-- <= 0) return
        client.call('say', [text], (error) => {
          if (error) throw error
          answers++
          call(client)
        })
      }
      for (const client of clients) call(client)
      while (answers < count) loop.turn(100)
    },
  }
}

function told(then: (client: Client) => void): (error: Error | null, client: Client) => void {
  return (error, client) => {
    if (error) throw error
    then(client)
  }
}

function readinessWorld(connections: number, text: string): World {
  const loop = new readiness.Loop()
  const server = readiness.listen(loop, answer)
  return worldOf(connections, text, loop, (then) => readiness.connect(loop, server, told(then)))
}

function ringWorld(connections: number, text: string, { options, change }: Offer): World {
  const loop = new Loop(options())
  change?.(loop)
  const server = listen(loop, answer)
  return worldOf(connections, text, loop, (then) => connect(loop, server, told(then)))
}

await main(async () => {
  const options = readOptions(usage, {
    connections: numberOption('N', 'with one call in flight on each', 64, 1, 1000),
    bytes: numberOption('N', 'in the text of a call', 35, 0, 1_000_000),
    calls: numberOption('N', 'in a round', 5_000, 1, 1_000_000),
    rounds: numberOption('N', 'of which the middle one counts', 9, 1, 1_000),
    only: textOption('NAME', 'one of them, by the beginning of its name', undefined),
  })
  const text = 'x'.repeat(options.bytes)
  const worlds: [name: string, make: () => World][] = [
    ['step 03', () => readinessWorld(options.connections, text)],
    ...[...variants.map(([name, more]): [string, Offer] => [name, { options: () => more }]), ...offers].map(
      ([name, offer]): [string, () => World] => [name, () => ringWorld(options.connections, text, offer)],
    ),
  ]
  const exact = worlds.filter(([name]) => name === options.only)
  const chosen = exact.length > 0 ? exact : worlds.filter(([name]) => name.startsWith(options.only ?? ''))
  if (chosen.length === 0) throw new UsageError(`no "${options.only}": ${worlds.map(([name]) => name).join('; ')}`)
  const line = (name: string, took: number, times: number) =>
    console.log(`${name.padEnd(36)}${took.toFixed(2).padStart(7)} us${times.toFixed(2).padStart(7)} x`)
  if (chosen.length === 1) return line(chosen[0]![0], microseconds(chosen[0]![1](), options), 1)

  // Each in a process of its own: a thread of the kernel spins on for a while, and compiled code remembers who came before.
  const { connections, bytes, calls, rounds } = options
  const sizes = Object.entries({ connections, bytes, calls, rounds }).flatMap(([name, n]) => [`--${name}`, String(n)])
  let first: number | undefined
  for (const [name] of chosen) {
    const { code, stdout, stderr } = await run(new URL(import.meta.url), ['--only', name, ...sizes])
    const took = Number(/([\d.]+) us/.exec(stdout)?.[1])
    if (code !== 0 || Number.isNaN(took)) throw new Error(`${name}: ${stderr.trim()}`)
    line(name, took, (first ??= took) / took)
  }
})

/** Microseconds of the processor for a call, at both ends: the middle one of many rounds. */
function microseconds({ loop, calls }: World, { calls: count, rounds }: { calls: number; rounds: number }): number {
  const times: number[] = []
  // The first rounds are for the compiler.
  for (let round = -3; round < rounds; round++) {
    const start = process.cpuUsage()
    calls(count)
    const { user, system } = process.cpuUsage(start)
    if (round >= 0) times.push((user + system) / count)
  }
  loop.close()
  return times.sort((a, b) => a - b)[times.length >> 1]!
}
