import type { Tables } from '../../.vitepress/record/table.ts'

/** What makes the tables of this chapter, and what must be the same in every run. */
export default {
  '04-python-echo.txt': {
    command: 'python3 docs/steps/04-async-await/wild/echo.py',
    testedIn: 'docs/.vitepress/test/wild.test.ts',
  },
} satisfies Tables
