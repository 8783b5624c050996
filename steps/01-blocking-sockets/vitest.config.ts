import { defineConfig } from 'vitest/config'

// Processes are started: on a machine with much to do that can take a while.
export default defineConfig({ test: { include: ['test/**/*.test.ts'], testTimeout: 30_000 } })
