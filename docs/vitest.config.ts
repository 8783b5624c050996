import { defineConfig } from 'vitest/config'
import { suite } from '../vitest.base.ts'

// One file after another: a browser at work beside a recording would disturb it.
export default defineConfig({ test: { ...suite, include: ['.vitepress/test/**/*.test.ts'], fileParallelism: false } })
