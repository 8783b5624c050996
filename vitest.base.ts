import type { InlineConfig } from 'vitest/node'

/**
 * What every suite starts from. The limits are for a machine that is busy with other things, and
 * no test that passes waits for them.
 */
export const suite: InlineConfig = {
  include: ['test/**/*.test.ts'],
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // Less than the half minute after which our servers give up by themselves.
  expect: { poll: { timeout: 20_000 } },
}
