import { defineConfig } from 'vitest/config'
import { suite } from '../../vitest.base.ts'

// A site is built here: ten seconds of work, and minutes where a machine has other things to do.
export default defineConfig({ test: { ...suite, maxConcurrency: 3, testTimeout: 300_000 } })
