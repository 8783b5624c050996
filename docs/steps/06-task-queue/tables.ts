import { row } from '../../.vitepress/predict/facts.ts'
import { wordsOf } from '../../.vitepress/record/table.ts'
import type { Tables } from '../../.vitepress/record/table.ts'

/** What makes the tables of this chapter, and what must be the same in every run. */
export default {
  '06-waiting.txt': {
    command: 'npx tsx steps/06-task-queue/waiting.ts',
    // A seed decides, so the small table is not like the large one, but the same each time.
    smaller: ['--requests', '2000'],
    facts(text) {
      const lines = text.split('\n').filter((line) => /^ +\d\.\d /.test(line))
      const waits = (name: string) => row(text, name)
      return {
        headings: wordsOf(text).filter((line) => /[a-z]{3}/.test(line) && !line.includes('no end')),
        formula: lines.map((line) => line.trim().split(/\s{2,}/)[1]),
        grows: waits('0.9')[1]! > 5 * waits('0.5')[1]!,
        bounded: [waits('1.2')[0]! < 100, waits('1.2')[1]! > 5],
      }
    },
    doctored: [/87\.50 ms/, '187.5 ms'],
  },
  '06-overload.txt': {
    command: 'npx tsx steps/06-task-queue/overload.ts',
    smaller: ['--seconds', '1'],
    facts: wordsOf,
    doctored: [/kept {2}/, 'BROKEN'],
  },
  '06-cost-of-a-thread.txt': {
    command: 'npx tsx steps/06-task-queue/cost-of-a-thread.ts',
    smaller: ['--ms', '20'],
    facts(text) {
      const [small, large] = [row(text, '1'), row(text, '10000')]
      return {
        words: wordsOf(text).filter((line) => /[a-z]{4}/.test(line) && !/^#/.test(line)),
        rounds: [...text.matchAll(/^ +(\d+) .*\/s/gm)].map(([, rounds]) => rounds),
        // To be handed over costs more than to hash once, whatever the machine.
        dearer: small[1]! > 3 * small[0]!,
        late: large[5]! > 5 * large[6]!,
      }
    },
    doctored: [/^( +10000 .*?)\S+ ms\n/m, '$1 9999 ms\n'],
  },
} satisfies Tables
