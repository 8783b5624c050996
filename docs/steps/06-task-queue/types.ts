import type { Asked } from '../../.vitepress/types.ts'

/** Only where the type is inferred and worth knowing. */
export default {
  'src/queued.ts#take': ['priority'],
  'src/simulate.ts#simulate': ['queue'],
} satisfies Asked
