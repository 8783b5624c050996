import { describe, expect, test } from 'vitest'
import { recordingOf } from '../course.ts'
import { textOf } from '../source.ts'
import { waitingOf } from '../waiting.data.ts'

describe('the curve of waiting', () => {
  const text = textOf(recordingOf('06-waiting.txt'))
  const { workers, serviceMs, capacity, measured, formula } = waitingOf(text)

  test('has every line of its table', () => {
    expect(measured.map(({ utilisation }) => utilisation)).toEqual(
      Array.from({ length: 12 }, (_, i) => (i + 1) / 10),
    )
    for (const { utilisation, free, bounded, refused } of measured) {
      expect(free !== undefined).toBe(utilisation < 1)
      expect(bounded).toBeLessThanOrEqual((capacity / workers) * serviceMs)
      expect(refused > 5).toBe(utilisation > 1)
    }
  })

  test('is the formula where there is no bound, as far as chance allows', () => {
    for (const { utilisation, free } of measured) {
      const [, expected] = formula.find(([at]) => Math.abs(at - utilisation) < 1e-9) ?? []
      if (free !== undefined) expect(Math.abs(free - expected!)).toBeLessThan(0.15 * expected! + 0.02)
    }
  })

  test('cannot be made of something else', () => {
    expect(() => waitingOf(textOf(recordingOf('05-swamp.txt')))).toThrow('no measurements')
    expect(() => waitingOf(text.replaceAll('%', ''))).toThrow('no measurements')
  })
})
