import { row } from '../../.vitepress/predict/facts.ts'
import { wordsOf } from '../../.vitepress/record/table.ts'
import type { Tables } from '../../.vitepress/record/table.ts'

/** What makes the tables of this chapter, and what must be the same in every run. */
export default {
  '05-first-error.txt': {
    command: 'npx tsx steps/05-gather/first-error.ts',
    facts(text) {
      return ['Promise.all', 'gather'].map((way) => {
        const [error = 0, waiting, last = 0] = row(text, way)
        return { waiting, goesOn: last > error + 100 }
      })
    },
    doctored: [/0( +\d+ ms)\s*$/, '3$1\n'],
  },
  '05-python-gather.txt': {
    command: 'python3 docs/steps/05-gather/wild/gather.py',
    testedIn: 'docs/.vitepress/test/wild.test.ts',
  },
  '05-swamp.txt': {
    command: 'npx tsx steps/05-gather/swamp.ts',
    facts(text) {
      const waitedForAll = (limit: string) => {
        const [took = 0, worst = 0] = row(text, limit)
        return worst > took / 2
      }
      return {
        words: wordsOf(text),
        limits: [...text.matchAll(/^ +(\d+|Infinity) /gm)].map(([, limit]) => limit),
        // Of two, since a machine that stands still makes everybody wait.
        few: ['1', '10'].every(waitedForAll),
        all: waitedForAll('Infinity'),
      }
    },
    doctored: [/478 ms/, ' 48 ms'],
  },
  '05-total-against-n.txt': {
    command: 'npx tsx steps/05-gather/total-against-n.ts',
    facts(text) {
      const cells = [...text.matchAll(/(\d+) \((\d+)\)/g)]
      const [gathered = 0, some = 0, inARow = 0, blocking = 0] = [
        '05, gathered',
        '05, at most 10',
        '04, awaited in a loop',
        '01, blocking',
      ].map((name) => row(text, name).at(-2))
      return {
        words: wordsOf(text),
        counts: row(text, 'n'),
        predicted: cells.map(([, , predicted]) => predicted),
        // A wait is never shorter than it should be, but for the rounding of clocks.
        early: cells.filter(([, took, predicted]) => Number(took) < 0.9 * Number(predicted)),
        order: [gathered < some, some < inARow, some < blocking],
      }
    },
    doctored: [/206 \(200\)/, '106 (200)'],
  },
} satisfies Tables
