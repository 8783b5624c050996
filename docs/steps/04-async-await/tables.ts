import { orderOf } from '../../.vitepress/record/order.ts'
import type { Tables } from '../../.vitepress/record/table.ts'

/** What makes the tables of this chapter, and what must be the same in every run. */
export default {
  '04-python-echo.txt': {
    command: 'python3 docs/steps/04-async-await/wild/echo.py',
    testedIn: 'docs/.vitepress/test/wild.test.ts',
  },
  ...orderOf('04', 'awaits-handler', '2:0'),
  ...orderOf('04', 'asked-too-late', '3-a:031'),
  ...orderOf('04', 'nobody-was-asking', '4-a:2'),
  ...orderOf('04', 'listener-left-behind', '1-b:0'),
} satisfies Tables
