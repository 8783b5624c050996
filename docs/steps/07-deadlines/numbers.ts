import type { Claims } from '../../.vitepress/words/claim.ts'

/** Where the numbers of this chapter come from. */
export default {
  examples: [{ says: ['One of 100 MB'], from: 'large' }],
} satisfies Claims
