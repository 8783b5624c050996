import type { Asked } from '../../.vitepress/types.ts'

/** Only where the type is inferred and worth knowing. */
export default {
  'client.ts#join': ['prints', 'error', 'result'],
} satisfies Asked
