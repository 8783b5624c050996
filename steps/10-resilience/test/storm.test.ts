import { beforeAll, describe, expect, it } from 'vitest'
import { scenes } from '../tried/scenes.ts'
import type { Row } from '../tried/scenes.ts'

/** Without and with what bounds it. */
const played: Record<string, [Row[], Row[]]> = {}
beforeAll(async () => {
  for (const [name, { play }] of Object.entries(scenes)) played[name] = [await play(true), await play(false)]
}, 120_000)

const asked = (rows: Row[]) => rows.reduce((sum, row) => sum + row.asked, 0)
const answered = (rows: Row[]) => rows.reduce((sum, row) => sum + row.answered, 0)

describe('what is meant to help', () => {
  it('retries without a budget: three bad seconds never end; with one they do, and cost a tenth', () => {
    const [storm, bounded] = played['retries']!
    expect(asked(storm.slice(-8))).toBeGreaterThan(8 * 350 * 3)
    expect(answered(storm.slice(-8))).toBeLessThan(100)
    expect(answered(bounded.slice(-8))).toBeGreaterThan(8 * 350 * 0.9)
    expect(asked(bounded)).toBeLessThan(20 * 350 * 1.1 + 50)
  })

  it('reconnecting without jitter: a thousand come at the same moment, each time', () => {
    const [waves, spread] = played['jitter']!
    // The first attempts of all are the loss itself.
    expect(waves.slice(1).filter((row) => row.asked > 0).every((row) => row.asked === 1000)).toBe(true)
    expect(Math.max(...spread.slice(1).map((row) => row.asked))).toBeLessThan(600)
    expect([answered(waves), answered(spread)]).toEqual([1000, 1000])
  })

  it('half open for all: the server has a wave each time; for one: it has a probe', () => {
    const [stampede, probed] = played['probes']!
    const gone = [6, 25] as const
    expect(Math.max(...stampede.slice(...gone).map((row) => row.asked))).toBeGreaterThan(70)
    expect(Math.max(...probed.slice(...gone).map((row) => row.asked))).toBe(1)
    expect(answered(probed.slice(30))).toBeGreaterThan(900)
  })

  it('hedging without a budget doubles the load, long after what was slow is quick again', () => {
    const [doubled, bounded] = played['hedges']!
    const usual = 240
    expect(asked(doubled.slice(0, 4)) / (4 * usual)).toBeLessThan(1.3)
    expect(asked(doubled.slice(4, 16)) / (12 * usual)).toBeGreaterThan(1.7)
    expect(asked(bounded) / (20 * usual)).toBeLessThan(1.1)
    expect(answered(bounded.slice(7, 16)) / (9 * usual)).toBeGreaterThan(0.95)
  })
})
