/** What becomes of one thing that a call may need, in each protocol. */
export interface Row {
  readonly what: string
  readonly jsonRpc: string
  readonly http: string
  readonly webSocket: string
  readonly grpc: string
  readonly mcp: string
}

/** What the adapters do, in words. The chapter shows this table, and a test asks for each cell. */
export const protocols: readonly Row[] = [
  { what: 'Deadline', jsonRpc: '`meta.timeoutMs`', http: '`meta.timeoutMs` in the body', webSocket: '`meta.timeoutMs`', grpc: '`grpc-timeout`', mcp: '`_meta.timeoutMs`' },
  { what: 'Cancel', jsonRpc: '`$/cancelRequest`', http: 'the connection or the stream ends', webSocket: '`$/cancelRequest`', grpc: 'RST_STREAM', mcp: '`notifications/cancelled`' },
  { what: 'Who asks', jsonRpc: 'certificate, `meta.token`', http: 'certificate, `Authorization: Bearer`', webSocket: 'certificate, `meta.token`', grpc: 'certificate, `authorization`', mcp: 'who started it' },
  { what: 'Stream down', jsonRpc: '`$/stream/down`', http: 'server-sent events', webSocket: '`$/stream/down`', grpc: 'a server stream', mcp: 'an array' },
  { what: 'Stream up', jsonRpc: '`$/stream/up`', http: 'none', webSocket: '`$/stream/up`', grpc: 'a client stream', mcp: 'none' },
  { what: 'Back-pressure', jsonRpc: 'credit, then TCP', http: 'TCP', webSocket: 'credit, then TCP', grpc: 'HTTP/2 windows', mcp: 'the pipe' },
  { what: 'Idempotency key', jsonRpc: '`meta.idempotencyKey`', http: '`Idempotency-Key`', webSocket: '`meta.idempotencyKey`', grpc: '`idempotency-key`', mcp: '`_meta.idempotencyKey`' },
]
