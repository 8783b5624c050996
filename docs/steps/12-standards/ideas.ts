import type { Idea } from '../../.vitepress/ideas.ts'

/** What this step does in another way than the one before it. */
export default [
  {
    title: 'Where it is said what a method takes and gives',
    line: 'In the code of the service, and in the head of whoever wrote a client; now in a contract, from which all else is made.',
    after: [
      '12/src/contract.ts#contract', '12/src/schema.ts#check', '12/src/validated.ts#validated', '12/src/typed.ts#typed',
      '12/src/discover.ts#document', '12/src/proto.ts#proto',
    ],
  },
  {
    title: 'Who may ask',
    line: 'Whoever spoke our frames; now whoever speaks HTTP, WebSocket, gRPC or MCP, and what stands in front of the service does not notice.',
    before: ['09/src/serve.ts#serve'],
    after: [
      '12/src/outside.ts#outside', '12/src/serving.ts#serve-all', '12/src/http.ts#http-door', '12/src/http.ts#exchange', '12/src/http.ts#receive',
      '12/src/besides.ts#besides', '12/src/sse.ts#events', '12/src/message-stream.ts#message-stream', '12/src/websocket.ts#websocket-door',
      '12/src/messages.ts#from-message', '12/src/grpc.ts#grpc-door', '12/src/mcp.ts#mcp', '12/src/browser/over-fetch.ts#fetch',
      '12/src/browser/over-fetch.ts#events', '12/src/browser/over-websocket.ts#connection', '12/src/browser/over-websocket.ts#stream',
    ],
  },
  {
    title: 'How it is said that something went wrong',
    line: 'By the code of a JSON-RPC error; now by one meaning, which each language says in its own way.',
    before: ['10/src/status.ts#status'],
    after: ['12/src/statuses.ts#statuses', '12/src/http.ts#outcome'],
  },
  {
    title: 'What keeps a page of somebody else out',
    line: 'That it could not speak to us; now that it says which page it is, and that its page was not named.',
    after: ['12/src/web-server.ts#origin'],
  },
] satisfies readonly Idea[]
