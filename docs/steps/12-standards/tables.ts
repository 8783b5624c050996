import { wordsOf } from '../../.vitepress/record/table.ts'
import type { Tables } from '../../.vitepress/record/table.ts'

/** What makes the tables of this chapter, and what must be the same in every run. */
export default {
  '12-tables.txt': {
    command: 'npx tsx steps/12-standards/tables.ts',
    facts: (text) => text.trim().split('\n'),
    doctored: [/404/, '405'],
  },
  '12-demo.txt': {
    command: 'npx tsx steps/12-standards/demo.ts',
    facts: (text) => ({ words: wordsOf(text), outcomes: [...text.matchAll(/-32\d+|500500/g)].map(([outcome]) => outcome) }),
    doctored: [/-32601/, '-32600'],
  },
  '12-hover.txt': {
    command: 'npx tsx steps/12-standards/hover.ts hash',
    facts: (text) => text.trim().split('\n'),
    doctored: [/processor/, 'disk'],
  },
} satisfies Tables
