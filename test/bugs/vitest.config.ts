import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/*.test.ts'],
    // A bug is tried in a vitest of its own: two at a time are enough for any machine.
    fileParallelism: false,
    maxConcurrency: 2,
    testTimeout: 180_000,
  },
})
