import { expect, test } from 'vitest'
import { costs } from '../tried/costs.ts'

test('spans that nobody has asked for cost next to nothing', async () => {
  const { none, recorded } = await costs(15, 1_000)
  expect(none).toBeLessThan(1.25)
  // Or it would not have been measured.
  expect(recorded).toBeGreaterThan(none)
})
