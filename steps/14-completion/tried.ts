import { main, numberOption, readOptions, textOption, UsageError } from '@rpc-steps/cli'
import type { Client } from '@rpc-steps/callbacks'
import { setupFlags } from '@rpc-steps/sockets'
import * as readiness from '@rpc-steps/event-loop'
import { answer, connect, listen, Loop } from './src/index.ts'
import type { LoopOptions } from './src/index.ts'

const usage = `tried.ts [options]

What the kernel offers to make rings faster, and what it brings: both ends in one thread, so that
there is nothing but their work. Prints microseconds a call, and how many times as fast as step 03.`

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

function ringWorld(connections: number, text: string, options: LoopOptions): World {
  const loop = new Loop(options)
  const server = listen(loop, answer)
  return worldOf(connections, text, loop, (then) => connect(loop, server, told(then)))
}

await main(() => {
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
    ...variants.map(([name, more]): [string, () => World] => [name, () => ringWorld(options.connections, text, more)]),
  ]
  const chosen = worlds.filter(([name]) => name.startsWith(options.only ?? ''))
  if (chosen.length === 0) throw new UsageError(`no "${options.only}": ${worlds.map(([name]) => name).join('; ')}`)
  const all = chosen.map(([name, make]): [string, World] => [name, make()])
  const times = all.map((): number[] => [])
  // The first rounds are for the compiler. Every second one goes backwards: a drift cancels out.
  for (let round = -3; round < options.rounds; round++) {
    for (const i of round % 2 ? all.keys() : [...all.keys()].reverse()) {
      const start = process.cpuUsage()
      all[i]![1].calls(options.calls)
      const { user, system } = process.cpuUsage(start)
      if (round >= 0) times[i]!.push((user + system) / options.calls)
    }
  }
  const middle = times.map((list) => list.toSorted((a, b) => a - b)[list.length >> 1]!)
  for (const [i, [name]] of all.entries()) {
    console.log(`${name.padEnd(36)}${middle[i]!.toFixed(2).padStart(7)} us${(middle[0]! / middle[i]!).toFixed(2).padStart(7)} x`)
  }
  for (const [, { loop }] of all) loop.close()
})
