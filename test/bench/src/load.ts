// The load generator, a process for each contender: load.ts CLIENT-MODULE PORT
import type { BenchClient, BenchConnection } from '@rpc-steps/course'
import { gatherAll, pump } from './pump.ts'
import { workloads } from './workloads.ts'

/** What the bench asks for: connections, then rounds of calls on them, then no connections. */
export type Order =
  | { open: string; calls?: never }
  | { calls: number; open?: never }
  | { open?: never; calls?: never }

/** Time for the calls of an order, and processor time of this process meanwhile, in microseconds. */
export interface Round {
  elapsed: number
  cpu: number
}

const [file = '', port] = process.argv.slice(2)
const { client } = (await import(file)) as { client: BenchClient }
const drive = client.drive ?? ((start) => start(() => {}))
let workload = workloads[0]!
let connections: BenchConnection[] = []

function make(calls: number): Promise<void> {
  if (connections[0]?.gather) return gatherAll(connections, workload, calls)
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

async function obey(order: Order): Promise<Round> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  if (order.open !== undefined) {
    workload = workloads.find(({ name }) => name === order.open)!
    while (connections.length < workload.connections) {
      connections.push(await client.connect(Number(port)))
    }
  } else if (order.calls !== undefined) {
    const { together = order.calls } = workload
    for (let left = order.calls; left > 0; left -= together) await make(together)
  } else {
    for (const connection of connections) connection.close()
    connections = []
  }
  const elapsed = (performance.now() - start) * 1_000
  const { user, system } = process.cpuUsage(cpu)
  return { elapsed, cpu: user + system }
}

process.on('message', (order: Order) => {
  obey(order).then(
    (round) => process.send!(round),
    (error: Error) => process.send!({ error: error.message }),
  )
})
process.on('disconnect', () => process.exit())
process.send!({})
