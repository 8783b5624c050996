import type { Claims } from '../.vitepress/words/claim.ts'

export default {} satisfies Claims
