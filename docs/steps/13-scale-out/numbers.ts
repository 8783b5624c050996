import type { Claims } from '../../.vitepress/words/claim.ts'

/** Where the numbers of this chapter come from. */
export default {
  computed: [],
  cited: [],
  examples: [],
} satisfies Claims
