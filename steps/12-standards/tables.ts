import { main, readOptions } from '@rpc-steps/cli'
import { protocols, statuses } from './src/index.ts'
import type { Row } from './src/index.ts'

const languages: Readonly<Record<Exclude<keyof Row, 'what'>, string>> = {
  jsonRpc: 'JSON-RPC', http: 'HTTP', webSocket: 'WebSocket', grpc: 'gRPC', mcp: 'MCP',
}

const usage = `tables.ts

Prints how each language says what has gone wrong, and what becomes in it of what a call may need.`

await main(() => {
  readOptions(usage, {})
  console.log(`${'What it means'.padEnd(20)} JSON-RPC   HTTP   gRPC\n`)
  for (const { status, code, http, grpc } of statuses) {
    console.log(`${status.padEnd(20)} ${String(code).padStart(8)} ${String(http).padStart(6)} ${String(grpc).padStart(6)}`)
  }
  for (const row of protocols) {
    console.log(`\n${row.what}`)
    for (const [key, name] of Object.entries(languages)) {
      console.log(`  ${name.padEnd(10)} ${row[key as keyof typeof languages].replaceAll('`', '')}`)
    }
  }
})
