import { answer, connect, listen } from '@rpc-steps/async-await'
import { addressOption, announce, main, ownOptions, serverOptions, stopSignal } from '@rpc-steps/cli'
import { onThreads, queued } from '@rpc-steps/task-queue'
import { cancels, deadlined, inheriting, inTime, relaying } from './src/index.ts'
import step from './step.ts'

const own = { ...ownOptions(step, 'server'), upstream: addressOption('the server that relay calls') }

await main(async () => {
  const { workers, capacity, order, threads, trace, upstream, ...options } = serverOptions(own)
  const extensions = [cancels]
  const behind = upstream && (await connect(upstream, { extensions }))
  const pool = threads > 0 ? onThreads(answer, ['hash'], { threads, trace }) : undefined
  const service = behind ? relaying(pool ?? answer, inheriting(behind.call)) : (pool ?? answer)
  const queue = queued(inTime(service), { workers, capacity, order })
  const server = await listen(deadlined(queue), options, { framing: options.framing, extensions })
  const stopped = stopSignal()
  announce(server)
  await stopped
  await queue.drain()
  await server.close()
  await behind?.close()
  await pool?.close()
})
