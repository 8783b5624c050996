import { answer } from '@rpc-steps/async-await'
import { announce, main, ownOptions, serverOptions, stopSignal, UsageError } from '@rpc-steps/cli'
import { deadlined, inTime } from '@rpc-steps/deadlines'
import { drained, streamed, streaming, streams } from '@rpc-steps/streaming'
import { onThreads, queued } from '@rpc-steps/task-queue'
import { recordMemory } from '@rpc-steps/trace'
import { audit as createAudit, guarded, isOpen, listenSecurely, readGuard, renewing } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const options = serverOptions(ownOptions(step, 'server'))
  const { certificates: folder, policy, workers, capacity, order, threads, trace, framing, batch } = options
  if (folder === undefined && (policy !== undefined || options.watch)) {
    throw new UsageError('--policy and --watch need --certificates: on a plain connection nobody can say who they are')
  }
  if (trace !== undefined) recordMemory()
  let guard = folder === undefined ? undefined : await readGuard(folder, policy)

  const pool = threads > 0 ? onThreads(answer, ['hash'], { threads, trace }) : undefined
  const queue = queued(inTime(streamed(streaming(pool ?? answer))), { workers, capacity, order })
  const audit = createAudit()
  const handler = guarded(deadlined(queue), guard && (() => guard!), {
    requests: options['in-flight'], size: options['in-flight-size'], audit,
  })
  const { connections, strangers, handshake, 'per-address': perAddress } = options
  const server = await listenSecurely(handler, options, {
    framing, batch, audit, extensions: [streams], credentials: guard?.credentials,
    admission: { connections, perAddress, strangers, handshake },
    open: () => !guard || isOpen(guard.policy),
  })
  const stopped = stopSignal()
  if (folder !== undefined) {
    renewing(async () => {
      const fresh = await readGuard(folder, policy)
      server.renew(fresh.credentials)
      guard = fresh
    }, options.watch ? folder : undefined)
  }
  announce(server)
  await stopped
  await drained(queue)
  await server.close()
  await pool?.close()
})
