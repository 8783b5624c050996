import { row } from '../../.vitepress/predict/facts.ts'
import { ratiosOf, wordsOf } from '../../.vitepress/record/table.ts'
import type { Tables } from '../../.vitepress/record/table.ts'

/** What makes the tables of this chapter, and what must be the same in every run. */
export default {
  '02-bench.txt': {
    command: 'npm run bench -- --only bare,vscode-jsonrpc,02-callbacks --workload in-flight --pin',
    smaller: ['--quick'],
    facts(text) {
      const names = ratiosOf(text).sort(([, a], [, b]) => a - b)
      return { words: wordsOf(text).slice(1), slowestFirst: names.map(([name]) => name) }
    },
    doctored: [/(vscode-jsonrpc +\S+ +)\S+/, '$11.29'],
  },
  '02-crash.txt': {
    command: 'npx tsx steps/02-callbacks/crash.ts',
    // Which client is told first is chance, and where in Node it came to pass changes with Node.
    facts: (text) => text.split('\n').filter((line) => !/^ +at |^Node\.js v/.test(line)).sort(),
    doctored: [/exit code 1/, 'exit code 0'],
  },
  '02-two-writes.txt': {
    command: 'npx tsx steps/02-callbacks/two-writes.ts',
    facts(text) {
      const [parts = 0, noDelay = 0] = row(text, 'two writes')
      const others = [noDelay, ...row(text, 'one write')]
      return { words: wordsOf(text), held: others.map((ms) => parts > 20 * ms) }
    },
    doctored: [/87\.98/, ' 0.08'],
  },
} satisfies Tables
