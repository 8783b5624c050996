import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Long, because some tests start programs on a machine that may have other things to do.
  test: { include: ['test/**/*.test.ts'], testTimeout: 30_000 },
})
