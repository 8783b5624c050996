import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FakeClock } from '@rpc-steps/session/testing'
import { RpcError } from '@rpc-steps/wire'
import { durable, InProcessStore, work } from '../src/index.ts'
import type { Working } from '../src/index.ts'
import { service, turns } from './support.ts'

const tries = 3

/** How the tries of a call end, one after the other; those beyond go well. */
const script = fc.array(fc.constantFrom('fails', 'has no room', 'goes well'), { maxLength: 5 })
/** What happens, one after the other: somebody asks for the call of a key, or a worker comes, or leaves. */
const acts = fc.array(fc.oneof(fc.nat(3), fc.constantFrom('comes', 'leaves')), { maxLength: 20 })

/** What comes of a call, and after how many tries. */
function expected(ends: readonly string[]): { answer: string; runs: number } {
  let [failed, runs] = [0, 0]
  for (const end of [...ends, 'goes well']) {
    runs++
    if (end === 'goes well') return { answer: 'well', runs }
    if (end === 'fails' && ++failed === tries) break
  }
  return { answer: 'Internal error', runs }
}

it('in whatever order they are asked for, and workers come and go, each call is answered, and all who ask hear the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(script, { minLength: 4, maxLength: 4 }), acts, async (scripts, acts) => {
      const clock = new FakeClock()
      const store = new InProcessStore(clock)
      const runs = [0, 0, 0, 0]
      const handler = service({
        run({ params }) {
          const [key] = params as [number]
          const end = scripts[key]![runs[key]!++] ?? 'goes well'
          if (end === 'fails') throw new Error('failed')
          if (end === 'has no room') throw new RpcError(-32029, 'Too many requests', { status: 'RESOURCE_EXHAUSTED' })
          return 'well'
        },
      })
      const workers: Working[] = []
      const leaving: Promise<void>[] = []
      const come = async () => void workers.push(await work(store, handler, { tries, atOnce: 2, clock, log: () => {} }))
      const asked: { key: number; answer: Promise<string> }[] = []
      const call = durable(store)
      for (const act of acts) {
        if (act === 'comes') await come()
        else if (act === 'leaves') leaving.push(workers.pop()?.leave() ?? Promise.resolve())
        else {
          const extras = () => ({ meta: { idempotencyKey: String(act) } })
          asked.push({ key: act, answer: call('run', [act], { extras }).then(String, (error: Error) => error.message) })
        }
        await turns(1)
      }
      await come()
      for (let i = 0; i < 12; i++) {
        await turns(5)
        clock.pass(6_000)
      }
      for (const { key, answer } of asked) expect(await Promise.race([answer, turns(1).then(() => 'none')])).toBe(expected(scripts[key]!).answer)
      const keys = new Set(asked.map(({ key }) => key))
      expect(runs).toEqual(scripts.map((ends, key) => (keys.has(key) ? expected(ends).runs : 0)))
      expect(store.buried).toHaveLength([...keys].filter((key) => expected(scripts[key]!).answer !== 'well').length)
      await Promise.all([...leaving, ...workers.map((worker) => worker.leave())])
      expect(clock.timers).toBe(0)
    }),
    { numRuns: 200 },
  )
})
