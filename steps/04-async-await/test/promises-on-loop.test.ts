import { answer, listen, Loop } from '@rpc-steps/event-loop'
import { faultySyscalls, forSeeds } from '@rpc-steps/sockets'
import { expect, test } from 'vitest'
import { callsOf, connectOn, delay, runWithPromises } from '../src/promises-on-loop.ts'

test('await needs the thread to come back to Node after each turn of the loop', async () => {
  const order = async (run: (loop: Loop) => Promise<void>) => {
    const loop = new Loop({ syscalls: faultySyscalls(1), selector: 'poll' })
    const log: string[] = []
    for (const n of [1, 2, 3]) {
      loop.after(n, () => log.push(`due ${n}`))
      void delay(loop, n).then(() => log.push(`resumed ${n}`))
    }
    await run(loop)
    loop.close()
    return log
  }
  const kept = ['due 1', 'due 2', 'due 3', 'resumed 1', 'resumed 2', 'resumed 3']
  expect(await order((loop) => loop.run())).toEqual(kept)
  const shared = ['due 1', 'resumed 1', 'due 2', 'resumed 2', 'due 3', 'resumed 3']
  expect(await order(runWithPromises)).toEqual(shared)
})

test('calls on the loop of step 03 can be awaited, on any network', async () => {
  await forSeeds(20, async (seed) => {
    const loop = new Loop({ syscalls: faultySyscalls(seed), selector: 'poll', onError: () => {} })
    const server = listen(loop, answer)
    const visit = async () => {
      const client = await connectOn(loop, server)
      const call = callsOf(client)
      const first = await call('say', { text: 'one' })
      const rest = await Promise.all([call('add', [1, 2]), call('sleep', [5])])
      await expect(call('nope')).rejects.toMatchObject({ code: -32601 })
      client.close()
      server.close()
      return [first, ...rest]
    }
    const visited = visit()
    await runWithPromises(loop)
    loop.close()
    expect(await visited).toEqual(['You said: one', 3, 5])
  })
})

test('a connect that is refused rejects', async () => {
  const loop = new Loop({ syscalls: faultySyscalls(1), selector: 'poll' })
  const refused = connectOn(loop, { port: 9 })
  refused.catch(() => {})
  await runWithPromises(loop)
  await expect(refused).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})
