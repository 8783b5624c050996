import { fiveFetches } from '../../.vitepress/lab/scene.ts'
import type { Scenes } from '../../.vitepress/lab/scene.ts'

/** Three clients with two calls each, and one worker for all of them. */
const crowd = { clients: 3, calls: 2, latency: 200, workers: 1 }

/** One call through three servers; the last needs longer than its caller has patience. */
const chain = { clients: 1, calls: 1, latency: 1000, timeout: 300 }

/** What is run for the traces of this chapter. */
export default {
  'five-fetches': { ...fiveFetches, workers: 2, timeout: 400 },
  crowd,
  chain: { ...chain, tell: 'no', hops: 3 },
  'chain-told': { ...chain, hops: 3 },
  'crowd-impatient': { ...crowd, timeout: 500 },
} satisfies Scenes
