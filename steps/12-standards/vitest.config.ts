import { defineConfig } from 'vitest/config'
import { suite } from '../../vitest.base.ts'

// No file leaves anything behind that another would see, and loading all of it anew for each takes seconds.
export default defineConfig({ test: { ...suite, isolate: false } })
