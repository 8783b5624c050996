import { FakeClock } from '@rpc-steps/session/testing'
import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { breaking, retryAfterOf } from '../src/index.ts'
import type { BreakerOptions } from '../src/index.ts'
import { full, lost, manual, outcome, scripted, turn, wrong } from './support.ts'

const usual = { failures: 3, base: 1000, cap: 1000, probeMs: 500, random: () => 0 }

async function opened(options: BreakerOptions = {}) {
  const clock = new FakeClock()
  const { call, tries } = manual()
  const guarded = breaking(call, { ...usual, clock, ...options })
  const outcomes = Array.from({ length: 3 }, () => outcome(guarded('x')))
  for (const one of tries.splice(0)) one.fail(lost())
  await Promise.all(outcomes)
  return { clock, guarded, tries }
}

describe('a breaker', () => {
  it('opens after so many failures in a row, and says when to come back', async () => {
    const { guarded, tries } = await opened()
    expect(guarded.state).toBe('open')
    const error = await guarded('x').catch((error: unknown) => error)
    expect([(error as { code: number }).code, retryAfterOf(error), tries.length]).toEqual([-32014, 1000, 0])
  })

  it('stays closed when failures are not in a row, or are none of the server', async () => {
    const guarded = breaking(scripted(lost(), lost(), wrong(), lost(), lost(), full(), full(), full()).call, usual)
    for (let i = 0; i < 20; i++) await outcome(guarded('x'))
    expect(guarded.state).toBe('closed')
  })

  it('half open lets one through, of a thousand that come at once', async () => {
    const { clock, guarded, tries } = await opened()
    clock.pass(1000)
    const outcomes = Array.from({ length: 1000 }, () => outcome(guarded('x')))
    expect([guarded.state, tries.length]).toEqual(['half open', 1])
    tries[0]!.answer('back')
    const came = await Promise.all(outcomes)
    expect([came.filter((one) => one === 'back').length, came.filter((one) => one === -32014).length]).toEqual([1, 999])
    expect(guarded.state).toBe('closed')
  })

  it('a probe that is cancelled gives its place back', async () => {
    const { clock, guarded, tries } = await opened()
    clock.pass(1000)
    const controller = new AbortController()
    const probe = outcome(guarded('x', undefined, { signal: controller.signal }))
    expect(await outcome(guarded('x'))).toBe(-32014)
    controller.abort(new Error('enough'))
    expect(await probe).toBe('enough')
    expect(guarded.state).toBe('half open')
    const next = outcome(guarded('x'))
    expect(tries.length).toBe(2)
    tries[1]!.answer('back')
    expect([await next, guarded.state]).toEqual(['back', 'closed'])
  })

  it('so does one that is never answered; and what it says in the end is too late', async () => {
    const { clock, guarded, tries } = await opened()
    clock.pass(1000)
    const first = outcome(guarded('x'))
    clock.pass(500)
    const second = outcome(guarded('x'))
    expect(tries.length).toBe(2)
    tries[0]!.fail(lost())
    await first
    expect(guarded.state).toBe('half open')
    tries[1]!.answer('back')
    expect([await second, guarded.state]).toEqual(['back', 'closed'])
  })

  it('a probe that fails opens it for longer', async () => {
    const { clock, guarded, tries } = await opened({ random: () => 0.9, cap: 100_000 })
    const waits: number[] = []
    for (let i = 0; i < 4; i++) {
      waits.push(retryAfterOf(await guarded('x').catch((error: unknown) => error)))
      clock.pass(waits.at(-1)!)
      const probe = outcome(guarded('x'))
      tries.at(-1)!.fail(lost())
      await probe
    }
    expect(waits).toEqual([1900, 2800, 4600, 8200])
  })

  it('what began before it opened says nothing of the server as it is now', async () => {
    const clock = new FakeClock()
    const { call, tries } = manual()
    const guarded = breaking(call, { ...usual, clock })
    const outcomes = Array.from({ length: 5 }, () => outcome(guarded('x')))
    for (const one of tries.slice(0, 3)) one.fail(lost())
    await turn()
    tries[3]!.answer('late')
    await turn()
    expect(guarded.state).toBe('open')
    clock.pass(1000)
    const probe = outcome(guarded('x'))
    tries[4]!.fail(lost())
    await turn()
    expect(guarded.state).toBe('half open')
    tries[5]!.answer('back')
    await Promise.all([probe, ...outcomes])
    expect(guarded.state).toBe('closed')
  })
})

type Action = { do: 'call' } | { do: 'answer' | 'fail' | 'full' | 'cancel'; which: number } | { do: 'pass'; ms: number }

/** The same, as plainly as it can be said. */
class Model {
  now = 0
  state: 'closed' | 'open' | 'half open' = 'closed'
  failures = 0
  until = 0
  era = 0
  probe: { ends: number; call: number } | undefined
  calls: { era: number; open: boolean }[] = []

  call(): boolean {
    if (this.state === 'open' && this.now >= this.until) [this.state, this.era] = ['half open', this.era + 1]
    if (this.state === 'open' || (this.state === 'half open' && this.probe && this.now < this.probe.ends)) return false
    if (this.state === 'half open') this.probe = { ends: this.now + 500, call: this.calls.length }
    this.calls.push({ era: this.era, open: true })
    return true
  }

  end(i: number, how: 'answer' | 'fail' | 'full' | 'cancel'): void {
    const call = this.calls[i]!
    call.open = false
    if (call.era !== this.era) return
    if (this.state === 'half open') {
      if (this.probe?.call !== i) return
      this.probe = undefined
      if (how === 'answer') [this.state, this.failures, this.era] = ['closed', 0, this.era + 1]
      if (how === 'fail') this.open()
    } else if (how === 'answer') this.failures = 0
    else if (how === 'fail' && ++this.failures === 3) this.open()
  }

  open(): void {
    this.state = 'open'
    this.until = this.now + 1000
    this.era++
  }
}

const which = fc.nat()
const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Action>({ do: 'call' }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('answer' as const, 'fail' as const, 'fail' as const, 'fail' as const, 'full' as const, 'cancel' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(100, 400, 600, 1000) }) },
)

test('in every order of calls, answers, failures, cancels and time it lets through whom the plain model lets through', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(actions, { maxLength: 60, size: 'max' }), async (script) => {
      const [clock, model] = [new FakeClock(), new Model()]
      const { call, tries } = manual()
      const guarded = breaking(call, { ...usual, clock })
      const controllers: AbortController[] = []
      for (const action of script) {
        if (action.do === 'pass') {
          model.now += action.ms
          clock.pass(action.ms)
        } else if (action.do === 'call') {
          const before = tries.length
          const controller = new AbortController()
          void outcome(guarded('x', undefined, { signal: controller.signal }))
          const passed = model.call()
          expect(tries.length - before).toBe(passed ? 1 : 0)
          if (passed) controllers.push(controller)
        } else {
          const open = model.calls.flatMap(({ open }, i) => (open ? [i] : []))
          if (open.length === 0) continue
          const i = open[action.which % open.length]!
          if (action.do === 'answer') tries[i]!.answer(null)
          else if (action.do === 'fail') tries[i]!.fail(lost())
          else if (action.do === 'full') tries[i]!.fail(full())
          else controllers[i]!.abort(new Error('enough'))
          model.end(i, action.do)
        }
        await turn()
        expect(guarded.state).toBe(model.state)
      }
    }),
    { numRuns: Number(process.env['RUNS'] ?? 100) },
  )
})
