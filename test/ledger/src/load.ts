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
  /**
   * Calls that wait so many milliseconds each, and one before them that does not. Done when that is answered, since the
   * server has read them all then, and goes on hearing what comes: also where the loop of a step has to run for that.
   */
  | { does: 'leave waiting'; calls: number; ms: number }
  | { does: 'close' }

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

/** Resolves with undefined where it is told by other means when it is done. */
async function obey(order: Order): Promise<Partial<Done> | undefined> {
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
      drive((finished) => {
        deaf = finished
        const { call } = connections[0]!
        // Said from in here, because promises wait until the loop of a step lets Node have its turn.
        call({ method: 'say', params: { text: 'first' } }, (error) => tell(error ?? {}))
        // What becomes of these is nobody's business here.
        for (let i = 0; i < order.calls; i++) call({ method: 'sleep', params: { ms: order.ms } }, () => {})
      })
      return undefined
    case 'close':
      deaf()
      for (const connection of connections) connection.close()
      connections = []
      return {}
  }
}

function tell(done: Partial<Done> | Error): void {
  process.send!(done instanceof Error ? { error: done.message } : done)
}

process.on('message', (order: Order) => {
  const before = process.cpuUsage()
  const start = performance.now()
  obey(order).then((done) => {
    if (!done) return
    const elapsed = performance.now() - start
    const { user, system } = process.cpuUsage(before)
    tell({ elapsed, processor: user + system, ...done })
  }, tell)
})
process.on('disconnect', () => process.exit())
tell({})
