import type { Asked } from '../../.vitepress/types.ts'

/** Only where the type is inferred and worth knowing. */
export default {
  'src/gather.ts#gather': ['queue', 'work'],
  'src/gather.ts#gather-settled': ['result'],
} satisfies Asked
