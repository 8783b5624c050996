import { defineConfig } from 'vitest/config'
import { suite } from '../../vitest.base.ts'

// Programs are started here, and each takes a core for a third of a second: not all at once.
export default defineConfig({ test: { ...suite, maxConcurrency: 3 } })
