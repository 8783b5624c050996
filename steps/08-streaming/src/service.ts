import type { Handler, Json, RequestContext } from '@rpc-steps/async-await'
import { method, whole } from '@rpc-steps/service'
import { codes, RpcError } from '@rpc-steps/wire'
import { incoming } from './answering.ts'
import type { StreamHandler } from './answering.ts'

const most = 1_000_000_000
const count = method({ to: whole(0, most) }, ({ to }) => to)
const feed = method({ ms: whole(0, 60_000), items: whole(0, most) }, (params) => params)

// #region service
/** Adds to a handler the methods that stream. */
export function streaming(handler: Handler): StreamHandler {
  return (request, context) => {
    const { method, params } = request
    if (method === 'count') return numbers(count.prepare(params).run())
    if (method === 'feed') return paced(feed.prepare(params).run(), context)
    if (method === 'total') return total(incoming(context))
    if (method === 'echo') return incoming(context)
    return handler(request, context)
  }
}

/** 1, 2, 3, as fast as they are taken. */
export async function* numbers(to: number): AsyncGenerator<number> {
  for (let n = 1; n <= to; n++) yield n
}

/** The same, one every so often. */
async function* paced({ ms, items }: { ms: number; items: number }, context: RequestContext): AsyncGenerator<number> {
  for (let n = 1; n <= items; n++) {
    await context.sleep(ms)
    yield n
  }
}

/** The sum of what comes. */
async function total(items: AsyncIterable<Json>): Promise<number> {
  let sum = 0
  for await (const item of items) {
    if (typeof item !== 'number') throw new RpcError(codes.invalidParams, 'Invalid params', 'each item must be a number')
    sum += item
  }
  return sum
}
// #endregion
