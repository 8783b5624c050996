import { expect, test } from 'vitest'
import { costs } from '../tried/costs.ts'

test('spans that nobody has asked for cost little beside a call', async () => {
  const { none, recorded } = await costs(25, 1_000)
  expect(none).toBeLessThan(1.6)
  // Or it would not have been measured.
  expect(recorded).toBeGreaterThan(none)
})
