import { row } from '../../.vitepress/predict/facts.ts'
import { wordsOf } from '../../.vitepress/record/table.ts'
import type { Tables } from '../../.vitepress/record/table.ts'

/** What makes the tables of this chapter, and what must be the same in every run. */
export default {
  '01-cost-of-a-thread.txt': {
    command: 'npx tsx steps/01-blocking-sockets/cost-of-a-thread.ts',
    smaller: ['--threads', '6'],
    facts(text) {
      const empty = row(text, 'an empty thread of Node')
      const ours = row(text, 'a thread of this server')
      return { words: wordsOf(text), dearer: ours.map((cost, i) => cost > 1.5 * empty[i]!) }
    },
    doctored: [/32\.6 MiB/, ' 9.6 MiB'],
  },
  '01-strace-client.txt': {
    command: 'npx tsx steps/01-blocking-sockets/strace.ts --folder docs/steps/01-blocking-sockets/traces',
    testedIn: 'steps/01-blocking-sockets/test/strace.test.ts',
  },
  '01-strace-server.txt': {
    command: 'npx tsx steps/01-blocking-sockets/strace.ts --folder docs/steps/01-blocking-sockets/traces',
    testedIn: 'steps/01-blocking-sockets/test/strace.test.ts',
  },
} satisfies Tables
