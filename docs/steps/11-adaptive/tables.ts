import { row } from '../../.vitepress/predict/facts.ts'
import { wordsOf } from '../../.vitepress/record/table.ts'
import type { Tables } from '../../.vitepress/record/table.ts'

/** The words of a text that has pictures of blocks in it, without them. */
const wordsBeside = (text: string) =>
  wordsOf(text.replace(/[▁-█ ]{15,}/g, '')).filter((line) => /[a-z]{3}/.test(line) && !/^#/.test(line))
/** The numbers of a row, as pairs. */
const pairs = (text: string, name: string) => {
  const all = row(text, name)
  return Array.from({ length: all.length / 2 }, (_, i) => all.slice(2 * i, 2 * i + 2) as [number, number])
}

/** What makes the tables of this chapter, and what must be the same in every run. */
export default {
  '11-fixed.txt': {
    command: 'npx tsx steps/11-adaptive/worth.ts --only fixed',
    facts(text) {
      const [right, high, low] = ['fixed 22', 'fixed 220', 'fixed 5'].map((name) => pairs(text, name))
      return { words: wordsBeside(text), right: right!.map(([part]) => part > 90), high: high!.map(([part]) => part > 90), low: low!.map(([part]) => part > 90) }
    },
    doctored: [/^(fixed 22 .*?)27%/m, '$197%'],
  },
  '11-worth.txt': {
    command: 'npx tsx steps/11-adaptive/worth.ts',
    facts(text) {
      const [right, high, low, aimd, gradient2, vegas] = ['fixed 22', 'fixed 220', 'fixed 5', 'aimd', 'gradient2', 'vegas'].map((name) => pairs(text, name))
      const [same, half, fewer, more, slower] = [0, 1, 2, 3, 4]
      return {
        words: wordsBeside(text),
        // What was right is as good as what learns, until there is more to be had.
        right: [right![same]![0] > 90, right![fewer]![0] > 95, right![more]![0] < 40],
        high: [high![same]![1] > 5 * vegas![same]![1], high![fewer]![1] > 10 * vegas![fewer]![1], high![half]![1] < 12],
        low: low![same]![0] < 40,
        aimd: [aimd![more]![0] > 90, aimd![slower]![0] < 80],
        gradient2: [gradient2![more]![0] > 90, gradient2![fewer]![1] > 2 * vegas![fewer]![1]],
        vegas: [vegas![same]![0] > 90, vegas![more]![0] > 90, vegas![slower]![0] > 80, vegas![fewer]![1] < 30],
      }
    },
    doctored: [/^(fixed 22 .*?)27%/m, '$197%'],
  },
  '11-choices.txt': {
    command: 'npx tsx steps/11-adaptive/choices.ts',
    facts(text) {
      // p99 and share, in six stretches of time; the second and the third are the slow ones.
      const [robin, two, peak, bandit] = ['round robin', 'least of two', 'peak-EWMA', 'bandit'].map((name) => pairs(text, name))
      return {
        words: wordsBeside(text),
        learns: [1, 2].map((i) => [peak![i]![0] * 4 < two![i]![0], bandit![i]![0] * 4 < two![i]![0], two![i]![0] * 1.5 < robin![i]![0]]),
        share: [robin![1]![1] === 20, two![2]![1] < 10, peak![2]![1] < 1, bandit![2]![1] < 1],
        again: [two![3]![1] > 15, bandit![4]![1] > 15, peak![5]![1] < 15],
      }
    },
    doctored: [/^(bandit +\d+ ms \(\S+ %\) +)\d+/m, '$195'],
  },
  '11-demo.txt': {
    command: 'npx tsx steps/11-adaptive/demo.ts',
    smaller: ['--seconds', '3'],
    facts(text) {
      const thirds = (name: string) => [...text.matchAll(new RegExp(`^${name} +(\\d+) .*? (\\d+) ms +\\d+ ms$`, 'gm'))].map(([, workers, ms]) => [Number(workers), Number(ms)] as const)
      const [none, right, high, vegas] = ['no limit', 'fixed 15', 'fixed 150', 'vegas'].map(thirds)
      return {
        words: wordsBeside(text).map((line) => line.replace(/ -(?= )/g, ' #')),
        workers: none!.map(([workers]) => workers),
        none: [none![1]![1] > none![0]![1], none![2]![1] > 2 * vegas![2]![1]],
        high: [high![1]![1] > 2 * right![1]![1]],
      }
    },
    doctored: [/^(fixed 150 +5 .*? )\d+ ms( +\d+ ms)$/m, '$120 ms$2'],
  },
  '11-turns.txt': {
    command: 'npx tsx steps/11-adaptive/turns.ts',
    smaller: ['--seconds', '3'],
    facts(text) {
      const [fifo, lifo, codel, both] = ['first in, first out', 'adaptive LIFO', 'CoDel', 'both'].map((name) => pairs(text, name))
      return {
        words: wordsBeside(text),
        fifo: [fifo![0]![0] > 90, fifo![2]![0] < 20, fifo![3]![0] < 20],
        others: [lifo, codel, both].map((those) => those!.every(([good]) => good > 80)),
        short: codel!.every(([, ms]) => ms < 100),
      }
    },
    doctored: [/^(first in, first out .* )\d+%( +\d+ ms)$/m, '$170%$2'],
  },
} satisfies Tables
