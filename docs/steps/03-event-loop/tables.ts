import { numbersOf, wordsOf } from '../../.vitepress/record/table.ts'
import type { Tables } from '../../.vitepress/record/table.ts'

/** What makes the tables of this chapter, and what must be the same in every run. */
export default {
  '03-bench.txt': {
    command: 'npm run bench -- --only 02,03 --workload connections --pin',
    smaller: ['--quick'],
    // Who is quicker is for a quiet machine to say, with `npm run bench -- --check`.
    facts: (text) => wordsOf(text).slice(1),
    doctored: [/64 connections, one/, '64 connections, two'],
  },
  '03-redis.txt': {
    command: 'npx tsx docs/steps/03-event-loop/wild/redis.ts',
    testedIn: 'docs/.vitepress/test/wild.test.ts',
  },
  '03-ten-thousand.txt': {
    command: 'npx tsx steps/03-event-loop/ten-thousand.ts',
    smaller: ['--idle', '0,1000'],
    facts(text) {
      const [[idle, call, memory] = [], ...more] = numbersOf(text)
      const [many = 0, callAmongMany = 0, memoryOfMany = 0] = more.at(-1) ?? []
      return {
        words: wordsOf(text),
        idle: [idle, many >= 1_000],
        slower: callAmongMany > 5 * call!,
        larger: memoryOfMany > memory!,
      }
    },
    doctored: [/\S+(?= +\d+ MiB\s*$)/, '99.9'],
  },
  '03-wakeups.txt': {
    command: 'npx tsx steps/03-event-loop/cost-of-a-wakeup.ts',
    smaller: ['--idle', '0,1000'],
    facts(text) {
      const [first = [], ...more] = numbersOf(text.replace(/^ {11,}\d.*$/m, ''))
      const many = more.at(-1) ?? []
      const [spin = 0, ...asleep] = /^ {11,}(\d.*)$/m.exec(text)![1]!.split(/ +/).map(Number)
      return {
        words: wordsOf(text),
        slower: many.map((took, i) => took > 5 * first[i]!),
        dearer: asleep.map((cost) => spin > 5 * cost),
      }
    },
    doctored: [/( 5000 +\S+ +)\S+/, '$15.2'],
  },
} satisfies Tables
