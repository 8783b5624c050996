import { fiveFetches } from '../../.vitepress/lab/scene.ts'
import type { Scenes } from '../../.vitepress/lab/scene.ts'

/** One call whose answer takes a while, in pieces. */
const stream = { clients: 1, calls: 1, latency: 400, credit: 4 }

/** What is run for the traces of this chapter. */
export default {
  'five-fetches': { ...fiveFetches, workers: 2 },
  stream,
  'stream-slow': { ...stream, slow: 50 },
} satisfies Scenes
