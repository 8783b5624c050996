import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { answer, listen } from '@rpc-steps/async-await'
import type { Handler } from '@rpc-steps/async-await'
import { announce, flagOption, main, serverOptions, stopSignal } from '@rpc-steps/cli'
import { deadlined, inTime } from '@rpc-steps/deadlines'
import { drained, streams } from '@rpc-steps/streaming'
import { queued } from '@rpc-steps/task-queue'
import { Drainer, idempotent } from './src/index.ts'

const held = { held: flagOption('print "ready", and listen when a line says on which port') }

/** Says of each request that it has begun. A server that is killed has said so of all of them. */
const counted: Handler = (request, context) => {
  writeSync(1, '+\n')
  return answer(request, context)
}

await main(async () => {
  const options = serverOptions(held)
  const queue = queued(inTime(counted))
  const drainer = new Drainer()
  const port = options.held ? await told() : options.port
  const server = await listen(deadlined(idempotent(queue)), { ...options, port }, { extensions: [streams, drainer.extension] })
  const stopped = stopSignal()
  announce(server)
  await stopped
  drainer.begin()
  await Promise.all([drainer.gone(), drained(queue)])
  await server.close()
})

async function told(): Promise<number> {
  console.log('ready')
  const lines = createInterface({ input: process.stdin })
  const line = await new Promise<string>((resolve) => lines.once('line', resolve))
  lines.close()
  return Number(line)
}
