import { textOf } from '../../.vitepress/source.ts'
import { numberIn } from '../../.vitepress/words/claim.ts'
import type { Claims } from '../../.vitepress/words/claim.ts'

/** Where the numbers of this chapter come from. */
export default {
  computed: [
    {
      says: ['With ten thousand, ten thousand requests are in flight'],
      from: '`docs/steps/05-gather/traces/05-python-gather.txt`',
      is: () => {
        const most = numberIn('docs/steps/05-gather/traces/05-python-gather.txt', /^10000, gathered +\d+ +(\d+)/m)
        return [most, most]
      },
    },
    {
      says: ['It still makes ten thousand tasks at once, all but ten'],
      from: '`docs/steps/05-gather/traces/05-python-gather.txt`',
      is: () => {
        const row = /^10000, ten places +(\d+) +(\d+)/m
        return row.exec(textOf('docs/steps/05-gather/traces/05-python-gather.txt'))!.slice(1).map(Number)
      },
    },
    {
      says: ['the fourth grows ten times more slowly'],
      from: '`docs/steps/05-gather/traces/05-total-against-n.txt`, `at most 10`',
      is: () => [numberIn('docs/steps/05-gather/traces/05-total-against-n.txt', /at most (\d+)/)],
    },
    {
      says: ['Here a client makes a thousand calls'],
      from: '`steps/05-gather/swamp.ts`, `calls`',
      is: () => [numberIn('steps/05-gather/swamp.ts', /calls = (\d+)/)],
    },
    {
      says: ['Ten in flight are as fast'],
      from: '`docs/steps/05-gather/traces/05-swamp.txt`',
      is: () => [numberIn('docs/steps/05-gather/traces/05-swamp.txt', /^ +(10) /m)],
    },
  ],
} satisfies Claims
