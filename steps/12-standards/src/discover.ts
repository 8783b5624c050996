import type { Json, Request, RequestContext } from '@rpc-steps/async-await'
import { mostWhole } from '@rpc-steps/streaming'
import type { Streamed, StreamHandler } from '@rpc-steps/streaming'
import { contract as ours } from './contract.ts'
import type { Contract, Entry } from './contract.ts'
import { jsonSchema } from './schema.ts'
import type { Schema } from './schema.ts'
import { statuses } from './statuses.ts'
import { validated } from './validated.ts'

type Object = { [name: string]: Json }

/** What a service calls itself. */
export interface Info {
  readonly title: string
  readonly version: string
}

/** What the service of this course calls itself. */
export const service: Info = { title: 'rpc-steps', version: '1.0.0' }

// #region document
/**
 * The contract as an OpenRPC document, for tools that nobody here has written. spec.open-rpc.org, version 1.3.2. That
 * knows no streams: `x-stream` says what goes up and comes down in pieces, and the result is what comes without them.
 */
export function openRpc(contract: Contract, { title, version }: Info): Object {
  return {
    openrpc: '1.3.2',
    info: { title, version },
    methods: Object.entries(contract).map(([name, entry]) => method(name, entry)),
    components: { errors: Object.fromEntries(errors.map((error) => [error.message, error])) },
  }
}

function method(name: string, { says, params, result, up, down }: Entry): Object {
  const streams = { ...(up && { up: jsonSchema(up) }), ...(down && { down: jsonSchema(down) }) }
  return {
    name,
    summary: says,
    ...parameters(jsonSchema(params)),
    result: { name: 'result', schema: result ? jsonSchema(result) : wholeOf(down) },
    errors: errors.map(({ message }) => ({ $ref: `#/components/errors/${message}` })),
    ...((up || down) && { 'x-stream': streams }),
  }
}

/** A list of any length is not among what the document can say: it has one item, and `x-rest` says that more may follow. */
function parameters({ type, properties = {}, required = [], items = {} }: Object): Object {
  if (type === 'array') return { paramStructure: 'by-position', params: [{ name: 'item', schema: items }], 'x-rest': true }
  const one = ([name, schema]: [string, Json]) => ({ name, schema, required: (required as string[]).includes(name) })
  // Those that must be there come first: so the specification has it, because by position none can be left out before them.
  const all = Object.entries(properties as Object).map(one).sort((a, b) => Number(b.required) - Number(a.required))
  return { paramStructure: 'by-name', params: all }
}

/** The schema of a stream's items for who gets them as an array. */
export function wholeOf(items: Schema | undefined): Object {
  return { type: 'array', items: items ? jsonSchema(items) : {}, maxItems: mostWhole }
}

// Two statuses may have one code: those are told apart by `data.status`.
const errors = [...new Map(statuses.map(({ code, status }) => [code, { code, message: status }])).values()]
// #endregion

/** Answers `rpc.discover` with the document of the contract; all else is the handler's. */
export function discovering<A>(handler: (request: Request, context: RequestContext) => A, contract: Contract, info: Info): (request: Request, context: RequestContext) => A | Object {
  const document = openRpc(contract, info)
  return (request, context) => (request.method === 'rpc.discover' ? document : handler(request, context))
}

/** The service behind its contract: checked, and able to say what it can do. For `inner` of `serve`. */
export function contracted(handler: StreamHandler): StreamHandler {
  return discovering<Streamed | PromiseLike<Streamed>>(validated(handler, ours), ours, service)
}
