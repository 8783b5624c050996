import type { Json } from '@rpc-steps/async-await'
import { FakeClock } from '@rpc-steps/session/testing'
import { expect, test } from 'vitest'
import { pause, steady } from '../src/index.ts'
import { lost, turn, wrong } from './support.ts'

test('calls go on at their rate while none is answered, and each has one outcome', async () => {
  const clock = new FakeClock()
  const ends: ((value: Json | Error) => void)[] = []
  const one = () => new Promise<Json>((resolve, reject) => ends.push((value) => (value instanceof Error ? reject(value) : resolve(value))))
  const report = steady(one, { rate: 100, seconds: 1, clock })
  for (let ms = 0; ms < 1000; ms += 10) {
    expect(ends.length).toBe(ms / 10 + 1)
    clock.pass(10)
    await turn()
  }
  expect([ends.length, clock.timers]).toEqual([100, 0])
  for (const [i, end] of ends.entries()) end(i < 90 ? 'ok' : i < 97 ? lost() : wrong())
  expect(await report).toMatchObject({ calls: 100, ok: 90, failed: { ERR_DISCONNECTED: 7, INVALID_ARGUMENT: 3 } })
})

test('a call that could not leave in time has waited, too', async () => {
  const clock = new FakeClock()
  const report = steady(async () => {
    await pause(1, undefined, clock)
    return null
  }, { rate: 10, seconds: 1, clock })
  await turn()
  // The processor was busy for most of a second.
  clock.pass(900)
  for (let i = 0; i < 4; i++) {
    await turn()
    clock.pass(1)
  }
  const { ok, p50, p99 } = await report
  expect(ok).toBe(10)
  expect(p50).toBeGreaterThan(300)
  expect(p99).toBeGreaterThan(700)
})
