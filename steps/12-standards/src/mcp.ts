import type { Duplex } from 'node:stream'
import { methods, Peer } from '@rpc-steps/async-await'
import type { Answer, Handler, Json, Params, PeerOptions, RequestContext } from '@rpc-steps/async-await'
import { cancels, deadlined } from '@rpc-steps/deadlines'
import type { Guest } from '@rpc-steps/security'
import { codes, errorObject, isId, RpcError } from '@rpc-steps/wire'
import type { Meta } from '@rpc-steps/wire'
import { z } from 'zod'
import type { Contract, Entry } from './contract.ts'
import { wholeOf } from './discover.ts'
import type { Info } from './discover.ts'
import { run } from './outside.ts'
import { jsonSchema } from './schema.ts'
import type { Of } from './schema.ts'
import { rowOf } from './statuses.ts'
import { validated } from './validated.ts'

/** Whose tools they are, and who uses them. */
export interface McpOptions extends PeerOptions {
  info: Info
  guest: Guest
}

/** The newest first. */
const versions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']

/** What a client may ask: the protocol has a contract, too. Model Context Protocol, 2025-11-25. */
const protocol = {
  'initialize': { says: 'Begins.', params: z.object({ protocolVersion: z.string() }) },
  'ping': { says: 'Is anybody there?', params: z.object({}) },
  // All tools fit into one answer, so nobody has been given a cursor.
  'tools/list': { says: 'What there is to call.', params: z.object({ cursor: z.never().optional() }) },
  'tools/call': {
    says: 'Calls a tool.',
    params: z.object({
      name: z.string(),
      arguments: z.record(z.string(), z.unknown()).default({}),
      _meta: z.object({ timeoutMs: z.number().min(0), idempotencyKey: z.string(), priority: z.number() }).partial().optional(),
    }),
  },
} satisfies Contract

type Asked<M extends keyof typeof protocol> = Of<(typeof protocol)[M]['params']>

interface Tool {
  /** How the protocol describes it. */
  readonly description: Json
  /** Its parameters are a list. */
  readonly takesList: boolean
}

/** The methods to which nothing has to be streamed: MCP has no way up. */
function toolsOf(contract: Contract): Map<string, Tool> {
  const entries = Object.entries(contract).filter(([, { up }]) => !up)
  return new Map(entries.map(([name, entry]) => [name, toolOf(name, entry)]))
}

/** What goes in and what comes out are objects there. A list goes in as `list`; what comes is the member `result`. */
function toolOf(name: string, { says, params, result, down }: Entry): Tool {
  const given = jsonSchema(params)
  const outcome = result ? jsonSchema(result) : wholeOf(down)
  const takesList = given['type'] === 'array'
  const inputSchema = { $schema: draft, ...(takesList ? objectOf('list', given) : given) }
  const outputSchema = { $schema: draft, ...objectOf('result', outcome) }
  return { takesList, description: { name, description: says, inputSchema, outputSchema } }
}

const objectOf = (name: string, schema: Json) => ({ type: 'object', properties: { [name]: schema }, required: [name] })
/** MCP takes a schema that does not say for a newer draft, in which a tuple is written otherwise. */
const draft = 'http://json-schema.org/draft-07/schema#'

// #region mcp
/**
 * Serves the methods of a contract as MCP tools, on any stream of bytes: one JSON text a line. `handler` is the service, with all
 * that stands in front of it.
 */
export function serveMcp(stream: Duplex, handler: Handler, contract: Contract, { info, guest, ...options }: McpOptions): Peer {
  const tools = toolsOf(contract)
  const answers = methods({
    'initialize': ({ protocolVersion }: Asked<'initialize'>) => ({
      // Whose version is unknown is told ours, and can leave.
      protocolVersion: versions.find((version) => version === protocolVersion) ?? versions[0]!,
      capabilities: { tools: {} },
      serverInfo: { name: info.title, version: info.version },
    }),
    'ping': () => ({}),
    'tools/list': () => ({ tools: [...tools.values()].map(({ description }) => description) }),
    'tools/call': async ({ name, arguments: given, _meta: meta = {} }: Asked<'tools/call'>, context: RequestContext) => {
      const tool = tools.get(name)
      if (!tool) throw new RpcError(codes.invalidParams, `Unknown tool: ${name}`)
      // What is no list is the service's to refuse.
      const params = (tool.takesList ? (given['list'] ?? {}) : given) as Params
      const running = run(handler, { jsonrpc: '2.0', method: name, params, meta: meta as Meta }, { guest, label: context.label, size: context.size })
      context.signal.addEventListener('abort', () => running.abort(context.signal.reason as Error))
      return running.answer.then(succeeded, failed)
    },
  })
  const checked = validated(answers, protocol)
  return new Peer(stream, { ...options, framing: 'newline', handler: deadlined(checked), extensions: [cancelling, ...(options.extensions ?? [])] })
}

/** The same cancel as LSP's, by another name. Who has cancelled is answered all the same, and passes over it. */
function cancelling(peer: Peer): void {
  const requests = cancels(peer)
  peer.onNotification('notifications/cancelled', (params) => {
    const id = (params as { requestId?: unknown } | null | undefined)?.requestId
    if (isId(id)) requests.cancel(id)
  })
}
// #endregion

/** A text is for the model to read as it is; all else it reads as JSON. */
function succeeded(answer: Answer): Json {
  const result = answer ?? null
  return { content: [{ type: 'text', text: typeof result === 'string' ? result : JSON.stringify(result) }], structuredContent: { result } }
}

/** An error of the service, also that it was called in a wrong way, is something that the model may read and mend. */
function failed(error: unknown): Json {
  if (!(error instanceof RpcError)) throw error // a fault of ours, which the peer reports and does not show
  const { status } = rowOf(error)
  const { message, data } = error
  const more = data === undefined ? '' : `: ${typeof data === 'string' ? data : JSON.stringify(data)}`
  return {
    content: [{ type: 'text', text: `${status}: ${message}${more}` }],
    isError: true,
    _meta: { error: { status, ...errorObject(error) } },
  }
}
