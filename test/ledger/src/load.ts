// Makes the calls, in a process of its own: load.ts CLIENT-MODULE
import { quantile } from '@rpc-steps/bench/statistics'
import { gatherAll, pump } from '@rpc-steps/bench/pump'
import type { Workload } from '@rpc-steps/bench/workloads'
import type { BenchClient, BenchConnection, BenchRequest } from '@rpc-steps/course'
import { countAllocated } from './allocated.ts'

/** What is asked of it, one at a time. */
export type Order =
  | { does: 'open'; workload: Workload; port: number }
  | { does: 'calls' | 'times'; calls: number }
  | { does: 'say'; text: string }
  /** Calls that wait so many milliseconds each, and one before them that does not. Done when that is answered: the server has read them all. */
  | { does: 'leave waiting'; calls: number; ms: number }
  /** Goes on hearing what comes, until connections are closed: also where the loop of a step has to run for that. */
  | { does: 'hear' | 'close' }

/** What comes of it. */
export interface Done {
  /** Milliseconds that it took. */
  elapsed: number
  /** Microseconds that this process had a processor meanwhile. */
  processor: number
  /** Bytes that it allocated meanwhile, where calls were made. */
  allocated: number
  /** Of `times`: microseconds until the answer. */
  p50: number
  p99: number
}

const { client } = (await import(process.argv[2]!)) as { client: BenchClient }
const drive = client.drive ?? ((start) => start(() => {}))
let workload: Workload
let connections: BenchConnection[] = []
let deaf = () => {}

/** Runs what calls back when it is done, with the loop of the step that hears the answers. */
function driven(start: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    drive((finished) => {
      start((error) => {
        finished()
        if (error) reject(error)
        else resolve()
      })
    })
  })
}

function make(calls: number): Promise<void> {
  if (connections[0]?.gather) return gatherAll(connections, workload, calls)
  return driven((done) => pump(connections, workload, calls, done))
}

/** The same calls one by one, with the time that each took, in microseconds. Who gathers is not asked when it has each answer. */
async function timed(calls: number): Promise<number[]> {
  const took: number[] = []
  const watched = connections.map(({ call, close }): BenchConnection => ({
    call(request, done) {
      const start = performance.now()
      call(request, (error, answer) => {
        took.push((performance.now() - start) * 1000)
        done(error, answer)
      })
    },
    close,
  }))
  await driven((done) => pump(watched, workload, calls, done))
  return took
}

const one = (request: BenchRequest) => driven((done) => connections[0]!.call(request, done))

async function obey(order: Order): Promise<Partial<Done>> {
  switch (order.does) {
    case 'open':
      ;({ workload } = order)
      while (connections.length < workload.connections) connections.push(await client.connect(order.port))
      return {}
    case 'calls': {
      const allocated = countAllocated()
      await make(order.calls)
      return { allocated: allocated() }
    }
    case 'times': {
      const took = await timed(order.calls)
      return { p50: quantile(took, 0.5), p99: quantile(took, 0.99) }
    }
    case 'say':
      await one({ method: 'say', params: { text: order.text } })
      return {}
    case 'leave waiting':
      await driven((done) => {
        connections[0]!.call({ method: 'say', params: { text: 'first' } }, done)
        for (let i = 0; i < order.calls; i++) {
          // What becomes of them is nobody's business here.
          connections[0]!.call({ method: 'sleep', params: { ms: order.ms } }, () => {})
        }
      })
      return {}
    case 'hear':
      drive((finished) => (deaf = finished))
      return {}
    case 'close':
      deaf()
      for (const connection of connections) connection.close()
      connections = []
      return {}
  }
}

process.on('message', (order: Order) => {
  const before = process.cpuUsage()
  const start = performance.now()
  obey(order).then(
    (done) => {
      const elapsed = performance.now() - start
      const { user, system } = process.cpuUsage(before)
      process.send!({ elapsed, processor: user + system, ...done })
    },
    (error: Error) => process.send!({ error: error.message }),
  )
})
process.on('disconnect', () => process.exit())
process.send!({})
