import type { Asked } from '../../.vitepress/types.ts'

/** Only where the type is inferred and worth knowing. */
export default {
  'src/service.ts#service': ['wait', 'run'],
  'src/peer.ts#call': ['params', 'signal', 'call'],
  'src/typed.ts#client': ['methods', 'options'],
  'test/typed.test.ts#inferred': ['say', 'add', 'sum', 'get_data'],
} satisfies Asked
