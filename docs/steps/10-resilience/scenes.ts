import { fiveFetches } from '../../.vitepress/lab/scene.ts'
import type { Scenes } from '../../.vitepress/lab/scene.ts'

/** What is run for the traces of this chapter. */
export default {
  'five-fetches': { ...fiveFetches, workers: 2 },
  killed: { clients: 2, calls: 1, latency: 200, rate: 10, seconds: 1, copies: 3, killed: 500 },
} satisfies Scenes
