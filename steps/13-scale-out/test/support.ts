import { answer, systemClock } from '@rpc-steps/async-await'
import type { Handler } from '@rpc-steps/async-await'
import { deadlined, inTime } from '@rpc-steps/deadlines'
import { streamed, streaming } from '@rpc-steps/streaming'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isInstalled, NatsServer, notInstalled } from '../tried/nats-server.ts'
import { brokerDoor, connectNats, InProcessBroker, overBroker } from '../src/index.ts'
import type { Broker, Caller, CallerOptions, Worker, WorkerOptions } from '../src/index.ts'

/** A broker that several may connect to. */
export interface Place {
  /** A connection of one's own; it is closed when the test is over. */
  connect(): Promise<Broker>
}

/** The service with what stands in front of it in a server; and some methods that only tests have. */
export function service(own: Record<string, Handler> = {}): Handler {
  const methods = new Map(Object.entries(own))
  const all: Handler = (request, context) => (methods.get(request.method) ?? answer)(request, context)
  return deadlined(inTime(streamed(streaming(all))))
}

/** Where it runs: tests of brokers run over each. */
export const places: Record<string, () => Promise<Place>> = {
  'in process': async () => {
    const broker = new InProcessBroker()
    return { connect: async () => broker }
  },
  'NATS': async () => {
    const server = await natsServer()
    return { connect: () => connection(server) }
  },
}

/** Runs a suite over every broker, and says so if one is missing. */
export function overEach(name: string, suite: (start: () => Promise<Place>) => void): void {
  for (const [kind, start] of Object.entries(places)) {
    describe.skipIf(kind === 'NATS' && !isInstalled)(`${name}, ${kind}`, () => suite(start))
  }
  needsNats()
}

/** A missing server is a failure where all are to be there. */
export function needsNats(): void {
  it('finds a nats-server, or says what was skipped', ({ skip }) => {
    if (process.env['CI']) expect(isInstalled, notInstalled).toBe(true)
    if (!isInstalled) skip(notInstalled)
  })
}

export async function natsServer(options?: Parameters<typeof NatsServer.start>[0]): Promise<NatsServer> {
  const server = await NatsServer.start(options)
  onTestFinished(() => server.stop())
  return server
}

export async function connection({ address }: { address: string }): Promise<Awaited<ReturnType<typeof connectNats>>> {
  const broker = await connectNats(address)
  onTestFinished(() => broker.close())
  return broker
}

/** A worker; it is closed when the test is over. */
export async function working(broker: Broker, handler: Handler = service(), options: WorkerOptions = {}): Promise<Worker> {
  const worker = await brokerDoor(broker, { log: (line) => expect.fail(line), ...options })({ handler })
  onTestFinished(() => worker.close())
  return worker
}

export function calling(broker: Broker, options: CallerOptions = {}): Caller {
  return overBroker(broker, options)
}

/** What a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<Error & { code?: unknown; sent?: boolean; data?: unknown }> {
  const value: unknown = await promise.then((value) => ({ value }), (error: Error) => error)
  if (value instanceof Error) return value
  return expect.fail(`it has not failed: ${JSON.stringify(value).slice(0, 80)}`)
}

/** Resolves when it is so; rejects in a while. */
export async function until(look: () => boolean, what = String(look)): Promise<void> {
  const end = systemClock.now() + 20_000
  while (!look()) {
    if (systemClock.now() > end) throw new Error(`it did not come to that: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** Lets what is on its way arrive, so many times. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}
