import { fiveClients, fiveFetches } from '../../.vitepress/lab/scene.ts'
import type { Scenes } from '../../.vitepress/lab/scene.ts'

/** What is run for the traces of this chapter. */
export default {
  'five-fetches': fiveFetches,
  'five-clients': fiveClients,
} satisfies Scenes
