import { fileURLToPath } from 'node:url'
import { main, readOptions } from '@rpc-steps/cli'
import { startServer } from '@rpc-steps/cli/processes'
import { connect } from './src/index.ts'
import type { Client } from './src/index.ts'

const usage = `crash.ts

One client waits for an answer while another runs into a bug of the server. Who is told what?`

const root = fileURLToPath(new URL('../../', import.meta.url))

await main(async () => {
  readOptions(usage, {})
  const server = await startServer(new URL('test/programs/late-throw.ts', import.meta.url))
  const call = (name: string, client: Client, method: string, params: Record<string, number>) => {
    console.log(`${name} calls ${method}`)
    client.call(method, params, (error, result) => {
      console.log(`${name} is told: ${error ? error.message : JSON.stringify(result)}`)
    })
  }
  connect(server, (_, first) => {
    call('client 1', first, 'sleep', { ms: 1_000 })
    connect(server, (_, second) => call('client 2', second, 'explode', {}))
  })

  const { code } = await server.exited
  console.log(`\nthe server ended with exit code ${code}, and said:\n`)
  console.log(server.stderr().replaceAll(root, '').trim())
})
