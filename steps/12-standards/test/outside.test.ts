import { Context } from '@rpc-steps/async-await'
import type { Handler, Json, Request, RequestContext } from '@rpc-steps/async-await'
import { deadlined } from '@rpc-steps/deadlines'
import { known, visitor } from '@rpc-steps/security'
import type { Guest } from '@rpc-steps/security'
import { carrier } from '@rpc-steps/streaming'
import type { Carrier } from '@rpc-steps/streaming'
import { describe, expect, test } from 'vitest'
import { run } from '../src/index.ts'
import type { From } from '../src/index.ts'

const add: Request = { jsonrpc: '2.0', id: 1, method: 'add', params: [1, 2] }
const guest: Guest = { visitor: { from: 'test', address: '192.0.2.1', isKnown: () => true }, principal: undefined }
const ada = { name: 'ada', by: 'certificate', until: Infinity } as const
const give = (handler: () => unknown) => run(handler as Handler, add, { guest }).answer

/** What the handler of a request gets to know. */
async function contextOf(from: From): Promise<RequestContext> {
  let seen: RequestContext = new Context()
  await run((_, context) => {
    seen = context
    return null
  }, add, from).answer
  return seen
}

describe('a request that runs', () => {
  test('is answered with what its handler returns, now or later', async () => {
    expect(await run(({ params }) => params as Json, add, { guest }).answer).toEqual([1, 2])
    expect(await give(async () => 3)).toBe(3)
  })

  test('fails with what its handler throws or rejects with, and nothing is thrown at whoever has it run', async () => {
    const why = new Error('no')
    const fails = (handler: () => unknown) => {
      try {
        return give(handler).catch((error: unknown) => error)
      } catch {
        return 'thrown at whoever has it run'
      }
    }
    expect(await fails(() => {
      throw why
    })).toBe(why)
    expect(await fails(() => Promise.reject(why))).toBe(why)
  })

  test('knows who asks', async () => {
    const context = await contextOf({ guest: { ...guest, principal: ada }, label: 5000, size: 70 })
    expect([context.get(known), context.get(visitor)]).toEqual([ada, guest.visitor])
    expect([context.label, context.size]).toEqual([5000, 70])
    const nobody = await contextOf({ guest })
    expect([nobody.get(known), nobody.label]).toEqual([undefined, 0])
  })

  test('knows what carries its streams', async () => {
    const carried: Carrier = { writer: { write: async () => {} } }
    expect((await contextOf({ guest, carrier: carried })).get(carrier)).toBe(carried)
    expect((await contextOf({ guest })).get(carrier)).toBeUndefined()
  })
})

describe('the end of waiting', () => {
  test('the signal of a handler says that nobody waits any more, and why', async () => {
    const why = new Error('gone')
    let reason: unknown
    const running = run((_, { signal }) => new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reason = signal.reason
        reject(signal.reason as Error)
      })
    }), add, { guest })
    running.abort(why)
    expect(reason).toBe(why)
    expect(await running.answer.catch((error: unknown) => error)).toBe(why)
  })

  test('a handler that does not listen is not waited for, neither when nobody waits nor when its time is over', async () => {
    const deaf = () => new Promise<never>(() => {})
    const outcome = (answer: Promise<unknown>) => Promise.race([
      answer.catch((error: unknown) => error),
      new Promise((resolve) => setTimeout(resolve, 500, 'it still waits')),
    ])
    const late = run(deadlined(deaf), { ...add, meta: { timeoutMs: 10 } }, { guest })
    expect(await outcome(late.answer)).toMatchObject({ message: 'Deadline exceeded' })
    const why = new Error('gone')
    const left = run(deaf, add, { guest })
    left.abort(why)
    expect(await outcome(left.answer)).toBe(why)
  })
})
