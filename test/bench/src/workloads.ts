import type { BenchRequest } from '@rpc-steps/course'

/** The shape of the calls that all contenders make. */
export interface Workload {
  name: string
  title: string
  /** Connections, opened before the clock starts. */
  connections: number
  /** Calls in flight on each connection. */
  inFlight: number
  request: BenchRequest
  answer: unknown
  /** Calls that start together and are all answered before the next ones start. Default: 1. */
  together?: number
}

const say = (text: string) => ({
  request: { method: 'say', params: { text } } as const,
  answer: `You said: ${text}`,
})

/** With its JSON-RPC envelope a body of about 100 bytes. */
const short = say('Hello, server! How do you do today?')
const long = say('x'.repeat(10_000))

export const workloads: readonly Workload[] = [
  { name: 'one', title: 'one at a time', connections: 1, inFlight: 1, ...short },
  { name: 'in-flight', title: '64 in flight on one connection', connections: 1, inFlight: 64, ...short },
  { name: 'connections', title: '64 connections, one in flight each', connections: 64, inFlight: 1, ...short },
  {
    name: 'gather',
    title: '1,000 gathered, on a handler that waits 10 ms',
    connections: 1,
    inFlight: 1_000,
    together: 1_000,
    request: { method: 'sleep', params: { ms: 10 } },
    answer: 10,
  },
  { name: 'large', title: '64 in flight, bodies of 10 KB', connections: 1, inFlight: 64, ...long },
]
