import type { Contender } from '@rpc-steps/bench/contenders'
import type { Runtime } from '@rpc-steps/bench/processes'
import { workloads } from '@rpc-steps/bench/workloads'
import type { Workload } from '@rpc-steps/bench/workloads'
import { counted } from './kernel.ts'
import { asks } from './probe.ts'
import { Client, Server } from './processes.ts'
import type { Costs, Ends, Shape, Work } from './row.ts'
import { countedWire } from './wire.ts'

/** How much is done to measure. */
export interface Effort {
  /** Milliseconds of the client's processor time until the code is compiled, in each shape. */
  warmUp: number
  /** Milliseconds of calls that are measured, each time. */
  turn: number
  /** Calls while strace watches, and over the wire that counts. */
  calls: number
  /** Connections that wait. */
  idle: number
}

/** What can be found out here. */
export interface Means {
  runtime: Runtime
  effort: Effort
  /** System calls can be counted. */
  kernel: boolean
  progress: (what: string) => void
}

/** The shapes in their order, and how the benchmark makes the calls. */
export const shapes = (['one', 'in-flight', 'connections'] as const).map((name) => {
  return [name, workloads.find((workload) => workload.name === name)!] as const
})

const usual = shapes[0]![1]

/** Calls that are in flight when a server is asked to end, and how long each waits. */
export const waiting = { calls: 64, ms: 250 }

/** Measures a step once, in processes of its own. */
export async function measure(step: Contender, means: Means): Promise<Costs> {
  const { runtime, progress } = means
  progress('starting')
  const [client, server] = await Promise.all([Client.start(step, runtime), Server.start(step, runtime)])
  try {
    const able = shapes.filter(([name]) => !step.cannot?.workloads.includes(name))
    const work: Costs['work'] = {}
    for (const [name, workload] of able) {
      progress(workload.title)
      const time = await onTime(client, server, workload, means.effort)
      const kernel = means.kernel && (await ofTheKernel(client, server, workload, means.effort))
      work[name] = { ...kernel, ...time, allocated: { client: NaN, server: NaN } }
    }
    progress('bytes on the wire')
    const wire = await onTheWire(client, server, usual, means.effort.calls)
    const idleEnd = await endWith(client, server, usual, 0)

    progress('starting once more')
    const probed = await Server.start(step, runtime, true)
    const can = (name: Shape) => able.some(([able]) => able === name)
    // First, while the heap is as small as it ever is: one that has been large gives room back meanwhile, or not.
    progress(`${means.effort.idle} idle connections`)
    const idle = can('connections') && (await ofIdleOnes(client, probed, means.effort.idle))
    for (const [name, workload] of able) {
      progress(`heap, ${workload.title}`)
      work[name]!.allocated = await onTheHeap(client, probed, workload, means.effort)
    }
    progress('its end')
    const busyEnd = can('in-flight') ? await endWith(client, probed, shapes[1]![1], waiting.calls) : undefined
    if (busyEnd === undefined) await probed.end()
    return {
      work, wire, ...(idle && { idle }),
      end: { idle: idleEnd, ...(busyEnd !== undefined && { busy: busyEnd }) },
    }
  } finally {
    client.end()
  }
}

/** Makes calls until the client has had a processor for long enough. Resolves with how many fill the time of a turn. */
async function warm(client: Client, { connections, inFlight }: Workload, { warmUp, turn }: Effort): Promise<number> {
  let calls = connections * inFlight
  for (let left = warmUp; left > 0; ) {
    const { elapsed, processor } = await client.order({ does: 'calls', calls })
    left -= processor / 1000
    calls = Math.max(connections * inFlight, Math.round(calls * (Math.max(turn, 1) / elapsed)))
  }
  return calls
}

async function onTime(client: Client, server: Server, workload: Workload, effort: Effort): Promise<Omit<Work, 'allocated'>> {
  await client.order({ does: 'open', workload, port: server.port })
  const calls = await warm(client, workload, effort)
  const before = server.processor()
  const { processor } = await client.order({ does: 'calls', calls })
  const after = server.processor()
  const { p50, p99 } = await client.order({ does: 'times', calls })
  await client.order({ does: 'close' })
  const ofServer = before !== undefined && after !== undefined && { server: (after - before) / calls }
  return { processor: { client: processor / calls, ...ofServer }, p50, p99 }
}

async function ofTheKernel(client: Client, server: Server, workload: Workload, { calls }: Effort): Promise<Partial<Work>> {
  await client.order({ does: 'open', workload, port: server.port })
  // Who asks for a connection has it before the server has looked; the first call is answered by one that has.
  await client.order({ does: 'calls', calls: workload.connections * workload.inFlight })
  const asked = await counted([client.pid, server.pid], () => client.order({ does: 'calls', calls }))
  await client.order({ does: 'close' })
  const each = (what: 'systemCalls' | 'reads' | 'writes'): Ends => ({ client: asked[0]![what] / calls, server: asked[1]![what] / calls })
  return { systemCalls: each('systemCalls'), reads: each('reads'), writes: each('writes') }
}

async function onTheWire(client: Client, server: Server, workload: Workload, calls: number): Promise<Costs['wire']> {
  const { port, bytes, close } = await countedWire(server.port)
  await client.order({ does: 'open', workload, port })
  const { up, down } = bytes
  await client.order({ does: 'calls', calls })
  await client.order({ does: 'close' })
  close()
  return { up: (bytes.up - up) / calls, down: (bytes.down - down) / calls }
}

async function onTheHeap(client: Client, server: Server, workload: Workload, effort: Effort): Promise<Ends> {
  await client.order({ does: 'open', workload, port: server.port })
  const calls = await warm(client, workload, { ...effort, warmUp: effort.warmUp / 2 })
  await client.order({ does: 'say', text: asks.begin })
  const { allocated } = await client.order({ does: 'calls', calls })
  await client.order({ does: 'say', text: asks.end })
  const told = await server.told()
  await client.order({ does: 'close' })
  return { client: allocated / calls, server: told.allocated! / calls }
}

/** How much more the server has for each connection that has made a call. */
async function ofIdleOnes(client: Client, server: Server, idle: number): Promise<NonNullable<Costs['idle']>> {
  const memory = async () => {
    await client.order({ does: 'say', text: asks.rest })
    return { heap: (await server.told()).heap!, resident: server.resident() }
  }
  const [few, many] = [1, idle].map((connections) => ({ ...shapes[2]![1], connections })) as [Workload, Workload]
  await client.order({ does: 'open', workload: few, port: server.port })
  await client.order({ does: 'calls', calls: 1 })
  const before = await memory()
  await client.order({ does: 'open', workload: many, port: server.port })
  await client.order({ does: 'calls', calls: idle })
  const after = await memory()
  await client.order({ does: 'close' })
  const more = (after: number, before: number) => (after - before) / (idle - 1)
  const resident = after.resident !== undefined && before.resident !== undefined && { resident: more(after.resident, before.resident) }
  return { ...resident, heap: more(after.heap, before.heap) }
}

async function endWith(client: Client, server: Server, workload: Workload, calls: number): Promise<number> {
  await client.order({ does: 'open', workload, port: server.port })
  await client.order({ does: 'leave waiting', calls, ms: waiting.ms })
  const took = await server.end()
  await client.order({ does: 'close' })
  return took
}
