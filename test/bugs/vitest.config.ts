import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/*.test.ts'],
    // Bugs are tried in a vitest of their own, two at a time: two of those are enough for any machine.
    fileParallelism: false,
    maxConcurrency: 2,
    testTimeout: 180_000,
  },
})
