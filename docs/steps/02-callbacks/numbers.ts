import { about, numberIn } from '../../.vitepress/words/claim.ts'
import type { Claims } from '../../.vitepress/words/claim.ts'

/** Where the numbers of this chapter come from. */
export default {
  computed: [
    {
      says: ['Node would set 64 KiB aside', 'into the same 64 KiB'],
      from: '`steps/02-callbacks/src/connection.ts`, `buffer`',
      is: () => [numberIn('steps/02-callbacks/src/connection.ts', /Slow\(([\d* ]+)\)/) / 1024],
    },
    {
      says: ['some 40 milliseconds'],
      from: 'half of what two writes take in `docs/steps/02-callbacks/traces/02-two-writes.txt`',
      is: () => [about(numberIn('docs/steps/02-callbacks/traces/02-two-writes.txt', /two writes +([\d.]+) ms/) / 2, 10)],
    },
    {
      says: ['With 64 calls in flight'],
      from: '`docs/steps/02-callbacks/traces/02-bench.txt`',
      is: () => [numberIn('docs/steps/02-callbacks/traces/02-bench.txt', /^(\d+) in flight/m)],
    },
    {
      says: ['answers `add` a hundred thousand times a second'],
      from: 'what 02 does in `docs/steps/02-callbacks/traces/02-bench.txt`, in round figures',
      is: () => {
        const calls = numberIn('docs/steps/02-callbacks/traces/02-bench.txt', /^02-callbacks +([\d,]+)/m)
        return [10 ** Math.floor(Math.log10(calls))]
      },
    },
  ],
} satisfies Claims
