import { defineConfig } from 'vitest/config'
import { suite } from '../../vitest.base.ts'

// One browser at a time, with two pages at once in it.
export default defineConfig({ test: { ...suite, fileParallelism: false, maxConcurrency: 2 } })
