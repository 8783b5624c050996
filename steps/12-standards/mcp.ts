import { userInfo } from 'node:os'
import { answer } from '@rpc-steps/async-await'
import { main, ownOptions, readOptions } from '@rpc-steps/cli'
import { deadlined, inTime } from '@rpc-steps/deadlines'
import { idempotent } from '@rpc-steps/resilience'
import { audit, guarded } from '@rpc-steps/security'
import { streamed, streaming } from '@rpc-steps/streaming'
import { onThreads, queued } from '@rpc-steps/task-queue'
import { contract, contracted, serveMcp, service, stdio } from './src/index.ts'
import step from './step.ts'

const usage = `mcp.ts [options]

Serves the service as tools for language models: MCP over stdin and stdout. The program that uses them starts
this one, and it ends when its stdin does.`

await main(async () => {
  const { workers, capacity, threads, 'in-flight': requests, 'in-flight-size': size } = ownOptions(step, 'server')
  const options = readOptions(usage, { workers, capacity, threads, 'in-flight': requests, 'in-flight-size': size })
  const pool = options.threads > 0 ? onThreads(answer, ['hash'], options) : undefined
  const queue = queued(inTime(streamed(contracted(streaming(pool ?? answer)))), options)
  const limits = { requests: options['in-flight'], size: options['in-flight-size'], audit: audit() }
  const handler = guarded(deadlined(idempotent(queue)), undefined, limits)

  // Nobody else can write to this stdin: who has started the process is who asks.
  const principal = { name: starter(), by: 'process', until: Infinity } as const
  const guest = { visitor: { from: 'stdin', address: 'stdin', isKnown: () => true }, principal }
  const peer = serveMcp(stdio(), handler, contract, { info: service, guest })
  await peer.closed
  await pool?.close()
})

function starter(): string {
  try {
    return userInfo().username
  } catch {
    return `user ${process.getuid?.()}` // somebody of whom the system has no name
  }
}
