// The load generator, a process for each contender: load.ts CLIENT-MODULE PORT
import type { BenchClient, BenchConnection } from '@rpc-steps/course'
import { gatherAll, pump } from './pump.ts'
import { workloads } from './workloads.ts'
import type { Workload } from './workloads.ts'

/** What the bench asks for: connections, then rounds of calls on them, then no connections. */
export type Order =
  | { open: string; calls?: never }
  | { calls: number; open?: never }
  | { open?: never; calls?: never }

/** Time for the calls of an order, and processor time of the client meanwhile, in microseconds. */
export interface Round {
  elapsed: number
  cpu: number
}

/** What makes the calls. A contender that makes them in a program of its own exports one as `load`. */
export interface Load {
  /** Opens the connections of a workload. */
  open(port: number, workload: Workload): Promise<void>
  /** Makes calls and checks the answers. Resolves to the processor time of other processes, in microseconds. */
  make(calls: number): Promise<number>
  /** Closes the connections, on which nothing is in flight. */
  close(): void
}

/** Makes the calls in this process. */
function loadBy(client: BenchClient): Load {
  const drive = client.drive ?? ((start) => start(() => {}))
  let workload: Workload
  let connections: BenchConnection[] = []

  function pumped(calls: number): Promise<void> {
    return new Promise((resolve, reject) => {
      drive((finished) => {
        pump(connections, workload, calls, (error) => {
          finished()
          if (error) reject(error)
          else resolve()
        })
      })
    })
  }
  return {
    async open(port, wanted) {
      workload = wanted
      while (connections.length < workload.connections) connections.push(await client.connect(port))
    },
    async make(calls) {
      if (connections[0]?.gather) await gatherAll(connections, workload, calls)
      else await pumped(calls)
      return 0
    },
    close() {
      for (const connection of connections) connection.close()
      connections = []
    },
  }
}

const [file = '', port] = process.argv.slice(2)
const module = (await import(file)) as { client: BenchClient } | { load: Load }
const load = 'load' in module ? module.load : loadBy(module.client)
let workload = workloads[0]!

async function obey(order: Order): Promise<Round> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  let elsewhere = 0
  if (order.open !== undefined) {
    workload = workloads.find(({ name }) => name === order.open)!
    await load.open(Number(port), workload)
  } else if (order.calls !== undefined) {
    const { together = order.calls } = workload
    for (let left = order.calls; left > 0; left -= together) elsewhere += await load.make(together)
  } else {
    load.close()
  }
  const elapsed = (performance.now() - start) * 1_000
  const { user, system } = process.cpuUsage(cpu)
  return { elapsed, cpu: user + system + elsewhere }
}

process.on('message', (order: Order) => {
  obey(order).then(
    (round) => process.send!(round),
    (error: Error) => process.send!({ error: error.message }),
  )
})
process.on('disconnect', () => process.exit())
process.send!({})
