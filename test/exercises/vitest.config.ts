import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/*.test.ts'],
    // Each check runs in a vitest of its own: two of a file at a time are enough for any machine.
    maxConcurrency: 2,
    maxWorkers: 2,
    testTimeout: 120_000,
  },
})
