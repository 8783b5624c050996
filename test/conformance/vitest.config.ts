import { defineConfig } from 'vitest/config'

// Programs are started here, and each takes a core for a third of a second: not all at once.
export default defineConfig({
  test: { include: ['test/**/*.test.ts'], maxConcurrency: 3, testTimeout: 20_000, hookTimeout: 30_000 },
})
