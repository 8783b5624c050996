import { existsSync, readFileSync } from 'node:fs'
import { main, numbersOption, readOptions } from '@rpc-steps/cli'
import { startServer } from '@rpc-steps/cli/processes'
import { connect, Loop } from './src/index.ts'
import type { Client } from '@rpc-steps/callbacks'

const usage = `ten-thousand.ts [options]

One busy connection among so many idle ones: its calls, and the memory of the server.`
const calls = 20_000
const inFlight = 64

await main(async () => {
  const { idle: idleCounts } = readOptions(usage, {
    idle: numbersOption('N,N', 'so many are idle', [0, 1_000, 5_000, 10_000], 0, 100_000),
  })
  const server = await startServer(new URL('server.ts', import.meta.url))
  const loop = new Loop()
  const clients: Client[] = []
  let failure: Error | undefined

  const turnUntil = (done: () => boolean) => {
    while (!done()) {
      if (failure) throw failure
      loop.turn(1_000)
    }
  }

  /** Connects in groups, so that the queue in front of accept never overflows. */
  const connectUpTo = (count: number) => {
    while (clients.length < count) {
      const group = Math.min(count, clients.length + 200)
      for (let i = clients.length; i < group; i++) {
        connect(loop, server, (error, client) => {
          if (error) failure ??= error
          else clients.push(client)
        })
      }
      turnUntil(() => clients.length === group)
    }
  }

  /** Microseconds a call on the first connection, which always has some in flight. */
  const microseconds = () => {
    let started = 0
    let answered = 0
    const next = () => {
      if (started++ >= calls) return
      clients[0]!.call('say', ['hello'], (error, text) => {
        if (text !== 'You said: hello') failure ??= error ?? new Error('a wrong answer')
        answered++
        next()
      })
    }
    const start = performance.now()
    for (let i = 0; i < inFlight; i++) next()
    turnUntil(() => answered === calls)
    return ((performance.now() - start) / calls) * 1_000
  }

  try {
    console.log('      idle   microseconds a call   memory of the server')
    connectUpTo(1)
    for (let round = 0; round < 5; round++) microseconds() // to warm up
    for (const count of idleCounts) {
      connectUpTo(count + 1)
      const best = Math.min(...Array.from({ length: 5 }, microseconds))
      const cells = [String(count).padStart(10), best.toFixed(1).padStart(22), memory(server.pid)]
      console.log(cells.join(''))
    }
  } finally {
    await server.stop('SIGKILL')
  }
})

function memory(pid: number): string {
  const file = `/proc/${pid}/status`
  if (!existsSync(file)) return 'no /proc here'.padStart(23)
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(file, 'latin1')) ?? []
  return `${(Number(kilobytes) / 1024).toFixed(0)} MiB`.padStart(23)
}
