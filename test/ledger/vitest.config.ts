import { defineConfig } from 'vitest/config'
import { suite } from '../../vitest.base.ts'

export default defineConfig({ test: suite })
