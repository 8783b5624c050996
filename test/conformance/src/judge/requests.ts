import type { Node } from '../json.ts'
import type { Fault, Sent } from './bytes.ts'
import { pages } from './pages.ts'

const members = ['jsonrpc', 'id', 'method', 'params']
const meant: Record<string, string> = { args: 'params', arguments: 'params', parameters: 'params', param: 'params', data: 'params', name: 'method', function: 'method', request_id: 'id', requestid: 'id', version: 'jsonrpc', 'json-rpc': 'jsonrpc', json_rpc: 'jsonrpc' }
const shape = '{"jsonrpc":"2.0","id":1,"method":"...","params":...}'

/** What is wrong with the requests of one connection, beginning with the first. `open` are ids in flight. */
export function requestFault({ bodyAt, node, value }: Sent, open: ReadonlySet<unknown>): Fault | undefined {
  const fault = (at: number, says: string, cause: string, page: string = pages.message): Fault => ({ at: bodyAt + at, says, cause, expected: [shape], page })
  if (node.kind === 'array') {
    if (node.items.length === 0) return fault(node.at, 'an empty batch', 'it sends an empty batch, which is an invalid request', pages.batches)
    const seen = new Set(open)
    for (const [i, item] of node.items.entries()) {
      const one = (value as unknown[])[i]
      const found = oneFault(item, one, seen, fault)
      if (found) return found
      seen.add((one as { id?: unknown }).id)
    }
    return undefined
  }
  return oneFault(node, value, open, fault)
}

function oneFault(node: Node, value: unknown, open: ReadonlySet<unknown>, fault: (at: number, says: string, cause: string, page?: string) => Fault): Fault | undefined {
  if (node.kind === 'string' && /^\s*[{[]/.test(String(value))) return fault(node.at, 'a string', 'the message is encoded twice: the body is a JSON string that has the JSON in it')
  if (node.kind !== 'object') return fault(node.at, 'an object must stand here', 'the message is no object')
  const request = value as Record<string, unknown>
  const member = (name: string) => node.members.get(name)!
  const isReply = !('method' in request) && ('result' in request || 'error' in request)
  for (const name of node.members.keys()) {
    const right = members.find((known) => known !== name && known === name.toLowerCase()) ?? meant[name.toLowerCase()]
    if (right === undefined || right in request) continue
    return fault(member(name).at, `"${right}" is missing`, `a member is called "${name}": it must be "${right}"`)
  }
  if (!('jsonrpc' in request)) return fault(node.end - 1, '"jsonrpc" is missing', 'the message has no "jsonrpc":"2.0"')
  if (request['jsonrpc'] !== '2.0') {
    const number = typeof request['jsonrpc'] === 'number'
    return fault(member('jsonrpc').at, 'must be "2.0"', number ? '"jsonrpc" is a number: it must be the text "2.0"' : '"jsonrpc" must be "2.0"')
  }
  if ('id' in request) {
    const { id } = request
    const at = member('id').at
    if (id === null && !isReply) return fault(at, 'null', 'the id is null, so its answer cannot be told from one to nobody: count up from 1', pages.ids)
    if (id !== null && typeof id !== 'number' && typeof id !== 'string') return fault(at, 'no id', 'an id is a number or a string', pages.ids)
    const node = member('id')
    if (node.kind === 'number' && !/^-?\d+$/.test(node.text)) return fault(at, 'a fraction', `the id ${node.text} is no whole number: some servers cannot give it back as it was`, pages.ids)
    if (typeof id === 'number' && !Number.isSafeInteger(id)) return fault(at, 'beyond 2^53', 'the id is too large: parsed as a double it becomes another one', pages.ids)
    if (!isReply && open.has(id)) return fault(at, 'is in flight', `the id ${JSON.stringify(id)} is in flight already: each call needs an id of its own`, pages.ids)
  }
  if (isReply) return undefined
  if (typeof request['method'] !== 'string') {
    return 'method' in request ? fault(member('method').at, 'must be a string', '"method" must be a string') : fault(node.end - 1, '"method" is missing', 'the message has no "method"')
  }
  if ('params' in request && typeof request['params'] !== 'object') {
    const json = typeof request['params'] === 'string' && /^\s*[{[]/.test(request['params'])
    return fault(member('params').at, 'an array or an object', json ? '"params" is encoded twice: it is a string that has the JSON in it' : '"params" must be an array or an object, also for one parameter', pages.parameters)
  }
  const meta = request['meta']
  if (meta !== undefined && (typeof meta !== 'object' || meta === null || Array.isArray(meta))) return fault(member('meta').at, 'an object', '"meta" must be an object', pages.meta)
  return undefined
}
