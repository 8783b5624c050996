import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { seeded } from '@rpc-steps/adaptive/simulated'
import { answer, connect, listen } from '@rpc-steps/async-await'
import type { Call } from '@rpc-steps/async-await'
import { brokerDoor, connectNats, InProcessBroker, overBroker } from '../src/index.ts'
import type { Broker, Message, Subscription } from '../src/index.ts'
import { counts, fleetOf, natsLimits } from '../src/fleet.ts'
import { slowerShare } from '../src/tail.ts'
import { isInstalled, NatsServer, notInstalled } from './nats-server.ts'

/** Connections that servers on these ports have; undefined where there is no /proc to read them from. */
async function connectionsTo(ports: readonly number[]): Promise<number | undefined> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((file) => readFile(`/proc/net/${file}`, 'utf8').catch(() => '')))
  if (tables.every((table) => table === '')) return undefined
  // proc(5): the local address as HEX:PORT, then the other one, then the state, of which 01 is established.
  const established = tables.flatMap((table) => [...table.matchAll(/^ *\d+: \w+:(\w{4}) \w+:\w{4} 01 /gm)])
  return established.filter(([, port]) => ports.includes(parseInt(port!, 16))).length
}

/** Has so many clients and workers know each other, directly and over a broker, and counts their connections. */
export async function connections(clients: number, workers: number): Promise<{ direct: number | undefined; broker: number | undefined }> {
  const servers = await Promise.all(Array.from({ length: workers }, () => listen(answer, { host: '127.0.0.1', port: 0 })))
  const peers = await Promise.all(Array.from({ length: clients }, () => Promise.all(servers.map((server) => connect(server)))))
  // A connection that has answered is one at both ends.
  await Promise.all(peers.flat().map(({ call }) => call('say', { text: '' })))
  const direct = await connectionsTo(servers.map(({ port }) => port))
  await Promise.all(peers.flat().map((peer) => peer.close()))
  await Promise.all(servers.map((server) => server.close()))
  if (!isInstalled) return { direct, broker: undefined }
  const nats = await NatsServer.start()
  const brokers = await Promise.all(Array.from({ length: clients + workers }, () => connectNats(nats.address)))
  const broker = await connectionsTo([nats.port])
  await Promise.all(brokers.map((one) => one.close()))
  await nats.stop()
  return { direct, broker }
}

const [quickMs, slowMs, slowShare] = [2, 100, 0.05]

/** The share of calls that were slow, of calls that ask so many workers each and wait for all of them. */
export async function slowCalls(asks: number, calls: number, seed: number): Promise<number> {
  const random = seeded(seed)
  const nats = isInstalled ? await NatsServer.start() : undefined
  const common = new InProcessBroker()
  const open = () => (nats ? connectNats(nats.address) : Promise.resolve<Broker>(common))
  const subjects = Array.from({ length: asks }, (_, i) => `tail-${i}`)
  const brokers = await Promise.all([...subjects, 'client'].map(open))
  const workers = await Promise.all(subjects.map((subject, i) => brokerDoor(brokers[i]!, { subject })({ handler: (_, context) => context.sleep(random() < slowShare ? slowMs : quickMs) })))
  const callers = subjects.map((subject) => overBroker(brokers.at(-1)!, { subject }))
  const all: Call = async () => (await Promise.all(callers.map(({ call }) => call('work'))), null)
  let slow = 0
  let left = calls
  await Promise.all(Array.from({ length: 20 }, async () => {
    while (left-- > 0) {
      const began = performance.now()
      await all('')
      if (performance.now() - began >= slowMs) slow++
    }
  }))
  await Promise.all(callers.map((caller) => caller.close()))
  await Promise.all(workers.map((worker) => worker.close()))
  await Promise.all(brokers.map((broker) => broker.close()))
  await nats?.stop()
  return slow / calls
}

class CancelCounter extends InProcessBroker {
  heard = 0

  override subscribe(subject: string, listener: (message: Message) => void, options?: { queue?: string | undefined }): Subscription {
    const counting = (message: Message) => {
      if (message.subject.endsWith('.cancel')) this.heard++
      listener(message)
    }
    return super.subscribe(subject, counting, options)
  }
}

/** How many workers hear of a cancel while nobody knows which of them is meant. */
export async function cancelsHeard(workers: number): Promise<number> {
  const broker = new CancelCounter()
  let begin = () => {}
  const begun = new Promise<void>((resolve) => (begin = resolve))
  const doors = await Promise.all(Array.from({ length: workers }, () => brokerDoor(broker)({ handler: (_, context) => (begin(), context.sleep(60_000)) })))
  const caller = overBroker(broker)
  const controller = new AbortController()
  const asked = caller.call('work', undefined, { signal: controller.signal }).catch(() => {})
  await begun
  controller.abort(new Error('enough'))
  await asked
  await caller.close()
  await Promise.all(doors.map((door) => door.close()))
  return broker.heard
}

/** What the installed server says of itself, by the names of its configuration; undefined if there is none. */
export async function limitsOfServer(): Promise<Record<string, number> | undefined> {
  if (!isInstalled) return undefined
  const port = await freePort()
  const nats = await NatsServer.start({ args: ['-m', String(port)] })
  const said = (await (await fetch(`http://127.0.0.1:${port}/varz`)).json()) as Record<string, number>
  await nats.stop()
  // Of Go's durations, in nanoseconds.
  return { ...said, write_deadline: said['write_deadline']! / 1e9, ping_interval: said['ping_interval']! / 1e9 }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** What is said of fleets beside what can be done of it here: a line each. */
export async function* real(seed: number): AsyncGenerator<string> {
  if (!isInstalled) yield notInstalled
  const { clients, workers } = { ...fleetOf(9), clients: 6 }
  const made = await connections(clients, workers)
  const [direct, broker] = counts.map(({ of }) => of({ machines: clients + workers, clients, workers }))
  yield `${clients} clients, ${workers} workers: ${made.direct ?? '?'} connections, worked out ${direct}; over a broker ${made.broker ?? '?'}, worked out ${broker}`
  for (const asks of [1, 2, 4]) {
    const share = await slowCalls(asks, 2_000, seed)
    yield `${asks} workers asked, each slow ${100 * slowShare}% of the time: ${(100 * share).toFixed(1)}% of calls slow, worked out ${(100 * slowerShare(slowShare, asks)).toFixed(1)}%`
  }
  for (const all of [1, 2, 4]) yield `${all} workers: a cancel is heard by ${await cancelsHeard(all)}`
  const said = await limitsOfServer()
  if (said) yield `this nats-server: ${natsLimits.map(({ name }) => `${name} ${said[name]}`).join(', ')}`
}
