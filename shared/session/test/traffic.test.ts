import { expect, test } from 'vitest'
import { traffic } from './traffic.ts'

// More of them, or one again: npm run traffic -- --seeds 100000
test('random traffic both ways: each call has one outcome, the right one, and nothing is left behind', () => {
  const given = process.env['SEED']
  const seeds = given === undefined ? Array.from({ length: 200 }, (_, i) => i + 1) : [Number(given)]
  for (const seed of seeds) expect(() => traffic(seed)).not.toThrow()
})
