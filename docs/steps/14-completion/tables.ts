import { wordsOf } from '../../.vitepress/record/table.ts'
import type { Tables } from '../../.vitepress/record/table.ts'

/** What makes the tables of this chapter, and what must be the same in every run. */
export default {
  '14-bench.txt': {
    command: 'npm run bench -- --only 03,14 --workload one,connections,large --pin',
    smaller: ['--quick'],
    // Who is quicker is for a quiet machine to say, with `npm run bench -- --check`.
    facts: (text) => wordsOf(text.slice(text.indexOf('times as fast as bare'))),
    doctored: [/(connections +)large/, '$1small'],
  },
  '14-syscalls.txt': {
    command: 'npx tsx steps/14-completion/syscalls.ts',
    testedIn: 'steps/14-completion/test/chapter.test.ts',
  },
  '14-tried.txt': {
    command: 'npx tsx steps/14-completion/tried.ts',
    // What each of them brings is for a quiet machine to say.
    testedIn: 'steps/14-completion/test/chapter.test.ts',
  },
  '14-turn.json': {
    command: 'npx tsx steps/14-completion/one-turn.ts',
    testedIn: 'steps/14-completion/test/chapter.test.ts',
  },
} satisfies Tables
