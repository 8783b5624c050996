import { answer, Peer } from '@rpc-steps/async-await'
import type { Call } from '@rpc-steps/async-await'
import { quantile } from '@rpc-steps/bench/statistics'
import type { Filter, Filtered } from './filters.ts'
import { Pair } from './pair.ts'
import type { FilterCost } from './row.ts'

/** As many as have a worker in the queue of step 06: nobody waits in it. */
const inFlight = 16

/**
 * What a filter adds to a call of step 04. Both ends are in this process with no kernel between them, and calls with
 * and without the filter take turns; of the differences the median counts. It is the time that this process has had a
 * processor, so that what else the machine does is not in it.
 */
export async function costOf({ name, load }: Filter, rounds: number, calls: number): Promise<FilterCost> {
  const [plain, filtered] = [connected({}), connected(await load())]
  const differences: number[] = []
  for (let round = -Math.ceil(rounds / 4); round < rounds; round++) {
    // Every second round goes backwards, so that a drift cancels out.
    const order = round % 2 === 0 ? [plain, filtered] : [filtered, plain]
    const took = new Map<Connected, number>()
    for (const one of order) took.set(one, await timed(one.call, calls))
    // In the rounds below zero the code is compiled.
    if (round >= 0) differences.push(took.get(filtered)! - took.get(plain)!)
  }
  const [before, after] = [await bytesOf(plain), await bytesOf(filtered)]
  plain.close()
  filtered.close()
  return { name, ns: quantile(differences, 0.5) * 1000, bytes: after - before }
}

interface Connected {
  call: Call
  pair: Pair
  close(): void
}

function connected({ call = (call) => call, handler = (handler) => handler, extensions = [], wire = (near, far) => [near, far] }: Filtered): Connected {
  const pair = new Pair()
  const [near, far] = wire(...pair.ends)
  const server = new Peer(far, { handler: handler(answer), extensions })
  const client = new Peer(near, { extensions })
  const close = () => {
    client.destroy()
    server.destroy()
  }
  return { call: call(client.call), pair, close }
}

/** Microseconds of a processor a call. */
async function timed(call: Call, calls: number): Promise<number> {
  const before = process.cpuUsage()
  let left = calls
  const lane = async () => {
    while (left-- > 0) await call('say', { text: 'Hello, server! How do you do today?' })
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls
}

/** Bytes of a call and its answer. */
async function bytesOf({ call, pair }: Connected): Promise<number> {
  const before = pair.bytes
  await call('say', { text: 'Hello' })
  return pair.bytes - before
}
