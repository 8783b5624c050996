import { textOf } from '../../.vitepress/source.ts'
import { numberIn } from '../../.vitepress/words/claim.ts'
import type { Claims } from '../../.vitepress/words/claim.ts'

/** Where the numbers of this chapter come from. */
export default {
  computed: [
    {
      says: ['due after 1, 2 and 3 milliseconds'],
      from: '`steps/04-async-await/test/promises-on-loop.test.ts`',
      is: () => {
        const test = textOf('steps/04-async-await/test/promises-on-loop.test.ts')
        return /for \(const n of \[(.*)\]\)/.exec(test)![1]!.split(', ').map(Number)
      },
    },
    {
      says: ['instead of 1,024', 'up to 1,024 bytes'],
      from: '`docs/steps/04-async-await/wild/echo.py`',
      is: () => [numberIn('docs/steps/04-async-await/wild/echo.py', /reader\.read\((\d+)\)/)],
    },
  ],
  examples: [
    {
      says: ['two thousand calls of 10 KB at once'],
      from: 'an example; `steps/04-async-await/test/seams.test.ts` has others',
    },
    {
      says: ['a thousand times, with a megabyte'],
      from: '`steps/04-async-await/test/seams.test.ts`',
    },
  ],
} satisfies Claims
