import { filesUnder } from '../../.vitepress/source.ts'
import type { Claims } from '../../.vitepress/words/claim.ts'

/** Where the numbers of this chapter come from. */
export default {
  computed: [
    {
      says: ['holds twelve wrong versions'],
      from: '`steps/12-standards/bugs`, counted',
      is: () => [filesUnder('steps/12-standards/bugs', '.patch').length],
    },
  ],
  cited: [],
  examples: [],
} satisfies Claims
