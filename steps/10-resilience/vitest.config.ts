import { defineConfig } from 'vitest/config'
import { suite } from '../../vitest.base.ts'

// No file here changes what another one imports, and loading it all anew for each costs more than the tests do.
export default defineConfig({ test: { ...suite, isolate: false } })
