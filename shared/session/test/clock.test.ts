import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Alarm, systemClock } from '../src/index.ts'

/** A clock that is moved by hand, and counts how often a timer was set. */
class HandClock {
  time = 0
  set = 0
  #timers = new Set<{ at: number; job: () => void }>()

  now = () => this.time

  after = (ms: number, job: () => void) => {
    this.set++
    const timer = { at: this.time + ms, job }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  pass(ms: number): void {
    this.time += ms
    for (const timer of this.#timers) {
      if (timer.at > this.time) continue
      this.#timers.delete(timer)
      timer.job()
    }
  }
}

describe('an alarm', () => {
  function alarm() {
    const clock = new HandClock()
    const rung: number[] = []
    return { clock, rung, alarm: new Alarm(clock, () => rung.push(clock.time)) }
  }

  test('rings at its time, once, and can be set again', () => {
    const { clock, rung, alarm: it } = alarm()
    it.set(100)
    clock.pass(99)
    expect(rung).toEqual([])
    clock.pass(1)
    clock.pass(1_000)
    expect(rung).toEqual([100])
    it.set(1_100)
    it.set(1_200)
    clock.pass(0)
    expect(rung).toEqual([100, 1_100])
  })

  test('set for later rings too early, and is not set for each message', () => {
    const { clock, rung, alarm: it } = alarm()
    for (let at = 100; at < 1_100; at++) it.set(at)
    expect(clock.set).toBe(1)
    clock.pass(100)
    expect(rung).toEqual([100])
  })

  test('set for earlier rings then, and not again', () => {
    const { clock, rung, alarm: it } = alarm()
    it.set(100)
    it.set(50)
    clock.pass(50)
    clock.pass(50)
    expect(rung).toEqual([50])
  })

  test('set to never, or stopped, does not ring, and can be set again', () => {
    const { clock, rung, alarm: it } = alarm()
    it.set(100)
    it.set(Infinity)
    clock.pass(200)
    it.set(300)
    it.stop()
    clock.pass(200)
    expect(rung).toEqual([])
    it.set(500)
    clock.pass(100)
    expect(rung).toEqual([500])
  })
})

describe('the clock of this machine', () => {
  const days = 24 * 60 * 60 * 1_000

  test('waits for longer than a timer of Node can be set', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const job = vi.fn()
    const gone = vi.fn()
    systemClock.after(60 * days, job)
    const cancel = systemClock.after(60 * days, gone)
    vi.advanceTimersByTime(59 * days)
    expect(job).not.toHaveBeenCalled()
    cancel()
    vi.advanceTimersByTime(1 * days)
    expect(job).toHaveBeenCalledOnce()
    expect(gone).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('never comes to Infinity, and sets no timer for it', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const cancel = systemClock.after(Infinity, () => {})
    expect(vi.getTimerCount()).toBe(0)
    cancel()
  })
})
