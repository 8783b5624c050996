import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main, readOptions } from '@rpc-steps/cli'
import { run, start } from '@rpc-steps/cli/processes'
import type { Running } from '@rpc-steps/cli/processes'
import { NatsServer } from './tried/nats-server.ts'

const usage = `trace.ts

Has a client call a worker by way of a nats-server, and that worker call another one, and prints the
spans that the three have written: a line of OTLP's JSON each.`

await main(async () => {
  readOptions(usage, {})
  const program = new URL('tried/traced.ts', import.meta.url)
  const folder = await mkdtemp(join(tmpdir(), 'spans-'))
  const server = await NatsServer.start()
  const running: Running[] = []
  const common = (name: string) => ['--nats', server.address, '--name', name, '--spans', join(folder, name)]
  try {
    running.push(
      start(program, [...common('first worker'), '--serves', 'front', '--asks', 'back']),
      start(program, [...common('second worker'), '--serves', 'back']),
    )
    await Promise.all(running.map((worker) => worker.printed(/^ready/m)))
    const { code, stderr } = await run(program, [...common('client'), '--asks', 'front', '--ms', '50'])
    if (code !== 0) throw new Error(`the client has failed: ${stderr}`)
    for (const worker of running) await worker.stop()
    for (const name of ['client', 'first worker', 'second worker']) process.stdout.write(await readFile(join(folder, name), 'utf8'))
  } finally {
    await Promise.all(running.map((worker) => worker.stop('SIGKILL')))
    await server.stop()
    await rm(folder, { recursive: true })
  }
})
