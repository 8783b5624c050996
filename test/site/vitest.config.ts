import { defineConfig } from 'vitest/config'
import { suite } from '../../vitest.base.ts'

// One browser for all files, with two pages at once in it: it is what is started once in a worker.
export default defineConfig({
  test: { ...suite, fileParallelism: false, isolate: false, maxConcurrency: 2 },
})
