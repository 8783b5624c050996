import { row } from '../../.vitepress/predict/facts.ts'
import { orderOf } from '../../.vitepress/record/order.ts'
import { wordsOf } from '../../.vitepress/record/table.ts'
import type { Tables } from '../../.vitepress/record/table.ts'

/** What makes the tables of this chapter, and what must be the same in every run. */
export default {
  '09-wiretap.txt': {
    command: 'npx tsx steps/09-security/wiretap.ts',
    facts: (text) => ({
      // Without the bytes, which are others each time, and without when and how many they were.
      words: wordsOf(text.replace(/( bytes) {2}(?:[\da-f]{2}(?: |$))+.*$/gm, '$1')),
      read: /was there to read (\d+) times in step 08, and (\d+) times/.exec(text)!.slice(1),
      sizes: /has (\d+) bytes with its header\. In step 08 it had (\d+)/.exec(text)!.slice(1),
    }),
    doctored: [/and 0 times/, 'and 1 times'],
  },
  '09-demo.txt': {
    command: 'npx tsx steps/09-security/demo.ts',
    facts: (text) => text,
    doctored: [/^(ada, the wrong method .*)-$/m, '$1yes'],
  },
  '09-cost.txt': {
    command: 'npx tsx steps/09-security/cost.ts',
    smaller: ['--rounds', '2', '--calls', '1000'],
    facts(text) {
      const us = (what: string) => row(text, what)[0]!
      return {
        words: wordsOf(text).filter((line) => /[a-z]{3}/.test(line)),
        connection: us('by TLS, and both ends say who they are') > 2 * Number(/^ {2}in clear +([\d.]+)/m.exec(text)![1]),
        remembered: us('verified for the first time') > 10 * us('seen before'),
      }
    },
    doctored: [/^( {2}seen before +)[\d.]+/m, '$199999'],
  },
  ...orderOf('09', 'serves-who-has-gone', '1-a:031'),
} satisfies Tables
