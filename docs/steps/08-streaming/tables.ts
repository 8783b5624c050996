import { row } from '../../.vitepress/predict/facts.ts'
import { orderOf } from '../../.vitepress/record/order.ts'
import { wordsOf } from '../../.vitepress/record/table.ts'
import type { Tables } from '../../.vitepress/record/table.ts'

/** What makes the tables of this chapter, and what must be the same in every run. */
export default {
  '08-whole.txt': {
    command: 'npx tsx steps/07-deadlines/whole.ts',
    smaller: ['--items', '2000000'],
    facts(text) {
      const grown = (end: string) => {
        const [before, most] = row(text, `memory of the ${end}`)
        return most! - before!
      }
      const [beside, alone] = ['an ordinary call beside that answer', 'an ordinary call, alone'].map((what) => row(text, what)[0]!)
      return {
        words: wordsOf(text).filter((line) => /[a-z]{3}/.test(line)),
        // Both ends have it whole, and more than once.
        whole: ['server', 'client'].map((end) => grown(end) > 20),
        late: beside! > 20 * alone!,
      }
    },
    doctored: [/^(memory of the client +\d+ MiB +)\d+/m, '$191'],
  },
  '08-demo.txt': {
    command: 'npx tsx steps/08-streaming/demo.ts',
    facts(text) {
      const grown = [...text.matchAll(/\+ (\d+)$/gm)].map(([, mib]) => Number(mib))
      const [taken, , all] = row(text, 'a slow reader')
      return {
        words: wordsOf(text).filter((line) => /[a-z]{3}/.test(line) && !/[▁▂▃▄▅▆▇█]/.test(line)),
        taken,
        inTime: all! >= 1000 && all! < 3000,
        quick: row(text, 'a quick reader')[0],
        // The ends that take it in pieces grow less than those that have it whole.
        smaller: [grown[0]! < grown[2]!, grown[1]! < grown[3]!],
      }
    },
    doctored: [/^( {2}a quick reader +)\d+/m, '$17'],
  },
  '08-pace.txt': {
    command: 'npx tsx steps/08-streaming/pace.ts',
    smaller: ['--items', '5000'],
    facts: (text) => text.match(/^kept {2}.*?: /gm)?.map((line) => line.replace(/\d[\d,]*/, '#')),
    doctored: [/kept {2}/, 'BROKEN'],
  },
  ...orderOf('08', 'no-credit', '1:0'),
  ...orderOf('08', 'grant-replaces-grant', '7-a:001'),
  ...orderOf('08', 'grant-before-its-turn', '7:00002'),
  ...orderOf('08', 'grant-lost-between-awaits', '3:1000000000001'),
  ...orderOf('08', 'break-goes-on', '2:0'),
  ...orderOf('08', 'end-overtakes-items', '4:0'),
  ...orderOf('08', 'cut-off-looks-whole', '4:0002'),
  ...orderOf('08', 'whose-id-is-it', '6:0'),
} satisfies Tables
