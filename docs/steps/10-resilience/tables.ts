import { row } from '../../.vitepress/predict/facts.ts'
import { orderOf } from '../../.vitepress/record/order.ts'
import { wordsOf } from '../../.vitepress/record/table.ts'
import type { Table, Tables } from '../../.vitepress/record/table.ts'

/** A simulation with numbers of its own instead of chance: every run of it is the same. */
const simulated = (scene: string): Table => ({
  command: `npx tsx steps/10-resilience/storm.ts --scene ${scene}`,
  facts: (text) => text.trim().split('\n'),
  doctored: [/=/, '#'],
})

/** What makes the tables of this chapter, and what must be the same in every run. */
export default {
  '10-demo.txt': {
    command: 'npx tsx steps/10-resilience/demo.ts',
    facts(text) {
      const [calls, answered, lost] = row(text, 'a plain caller')
      return {
        words: wordsOf(text).filter((line) => /[a-z]{3}/.test(line) && !/[▁▂▃▄▅▆▇█]/.test(line)),
        ours: row(text, 'ours').slice(0, 3),
        // Of what it asks once one of three is gone, it loses a third.
        plain: [answered! + lost! === calls, lost! > calls! / 5, lost! < calls! / 3],
      }
    },
    doctored: [/^(ours +\d+ +\d+ +)0/m, '$11'],
  },
  '10-retries.txt': simulated('retries'),
  '10-jitter.txt': simulated('jitter'),
  '10-probes.txt': simulated('probes'),
  '10-hedges.txt': simulated('hedges'),
  '10-kills.txt': {
    command: 'npx tsx steps/10-resilience/kills.ts',
    testedIn: 'steps/10-resilience/test/programs.test.ts',
  },
  ...orderOf('10', 'closes-before-they-have-gone', '2-a-b:1'),
  ...orderOf('10', 'retries-what-may-have-run', '1-a:1'),
  ...orderOf('10', 'first-end-wins', '4-b:0001'),
  ...orderOf('10', 'drain-never-ends', '2-a:21'),
  ...orderOf('10', 'runs-twice-at-once', '3:001'),
  ...orderOf('10', 'dies-with-its-caller', '3:0201'),
} satisfies Tables
