import { defineConfig } from 'vitest/config'

// One file after another: a browser at work beside a recording would disturb it.
export default defineConfig({ test: { include: ['test/**/*.test.ts'], fileParallelism: false } })
