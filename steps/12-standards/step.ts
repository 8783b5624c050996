import type { StepInfo } from '@rpc-steps/course'
import adaptive from '../11-adaptive/step.ts'

export default {
  title: 'Standards',
  waiting: 'waits in five languages',
  part: 'serving',
  adds: 'Languages: HTTP, WebSocket, gRPC and MCP, with one service behind all of them.',
  options: {
    ...adaptive.options,
    http: { of: ['server'], hint: 'PORT', help: 'speaks JSON-RPC over HTTP there, too', least: 0, most: 65_535 },
    websocket: { of: ['server'], hint: 'PORT', help: 'and over WebSocket there', least: 0, most: 65_535 },
    grpc: { of: ['server'], hint: 'PORT', help: 'and gRPC there', least: 0, most: 65_535 },
    origin: { of: ['server'], hint: 'URL', help: 'pages of this origin may call it, over HTTP and WebSocket', text: true },
    over: { of: ['client'], help: 'what it speaks', choices: ['http', 'websocket', 'grpc', 'tcp'] },
  },
  pieces: adaptive.pieces,
  makes: adaptive.makes,
  group: adaptive.group,
  bench: {
    cannot: adaptive.bench.cannot,
    bars: [
      { workload: 'in-flight', atLeast: 0.2, against: '04-async-await' },
      // What the contract costs, which checks each request.
      { workload: 'in-flight', atLeast: 0.7, against: '11-adaptive' },
    ],
  },
} as const satisfies StepInfo
