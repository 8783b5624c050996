import { once } from 'node:events'
import * as net from 'node:net'
import { performance } from 'node:perf_hooks'
import type { Address, Json } from '@rpc-steps/async-await'
import { deadlined } from '@rpc-steps/deadlines'
import { main, readOptions } from '@rpc-steps/cli'
import { startServer } from '@rpc-steps/cli/processes'
import { RpcError } from '@rpc-steps/wire'
import { contract, overGrpc, overHttp, overTcp, overWebSocket, typed } from './src/index.ts'
import type { Remote } from './src/index.ts'

const usage = `demo.ts

One server, and the same calls in four languages. Counts the bytes of a call, both ways, and says what
came of each.`

/** Stands between a client and a server, and counts. */
async function counting(to: Address): Promise<Address & { bytes: () => number; close: () => void }> {
  let bytes = 0
  const server = net.createServer({ noDelay: true }, (client) => {
    const behind = net.connect({ ...to, noDelay: true })
    for (const [from, into] of [[client, behind], [behind, client]] as const) {
      from.on('data', (chunk) => (bytes += chunk.length))
      from.pipe(into)
      from.on('error', () => {})
      // A pipe to one that has gone would stop, and keep the other open.
      from.on('close', () => into.destroySoon())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { address: host, port } = server.address() as net.AddressInfo
  return { host, port, bytes: () => bytes, close: () => server.close() }
}

/** Each language, with how a client of it is made. */
const languages: Readonly<Record<string, (at: Address) => Remote | Promise<Remote>>> = {
  'JSON-RPC': overTcp, 'HTTP': overHttp, 'WebSocket': overWebSocket, 'gRPC': overGrpc,
}

async function outcome(answer: Promise<Json>): Promise<string> {
  try {
    return JSON.stringify(await answer)
  } catch (error) {
    return error instanceof RpcError ? String(error.code) : (error as Error).message
  }
}

await main(async () => {
  readOptions(usage, {})
  const server = await startServer(new URL('server.ts', import.meta.url), ['--http', '0', '--websocket', '0', '--grpc', '0'])
  const ports = Object.fromEntries([...server.stdout().matchAll(/^(\w+) on .*:(\d+)$/gm)].map(([, name, port]) => [name!, Number(port)]))
  const portOf: Record<string, number> = { 'JSON-RPC': server.port, 'HTTP': ports['http']!, 'WebSocket': ports['websocket']!, 'gRPC': ports['grpc']! }

  try {
    console.log('\n12 standards: the same calls, spoken by everybody\n')
    console.log(`${'say "Hi"'.padStart(27)}${'bytes'.padStart(7)}${'no such'.padStart(9)}${'wrong'.padStart(9)}${'too late'.padStart(10)}${'1 to 1,000'.padStart(12)}`)
    for (const [name, connect] of Object.entries(languages)) {
      const way = await counting({ host: server.host, port: portOf[name]! })
      const remote = await connect(way)
      const client = typed(remote, contract)
      await client.say({ text: 'Hi' }) // so that what only the first call says is not counted
      const before = way.bytes()
      const said = await client.say({ text: 'Hi' })
      await new Promise((resolve) => setImmediate(resolve))
      const bytes = way.bytes() - before

      const noSuch = await outcome(remote.call('shout', { text: 'Hi' }))
      const wrong = await outcome(remote.call('say', { text: 1 }))
      const began = performance.now()
      const late = await outcome(deadlined(remote.call, 50)('sleep', { ms: 5000 }))
      if (performance.now() - began > 4000) throw new Error(`${name} has waited for what nobody wanted any more`)
      let sum = 0
      for await (const n of client.count({ to: 1000 })) sum += n
      console.log(`${name.padEnd(12)}${said.padStart(15)}${String(bytes).padStart(7)}${noSuch.padStart(9)}${wrong.padStart(9)}${late.padStart(10)}${String(sum).padStart(12)}`)
      await remote.close()
      way.close()
    }
    console.log('\nThe bytes are those of a second call, both ways, without TCP.')
  } finally {
    await server.stop()
  }
})
