import { fiveFetches } from '../../.vitepress/lab/scene.ts'
import type { Scenes } from '../../.vitepress/lab/scene.ts'

/** Three clients with two calls each, and one worker for all of them. */
const crowd = { clients: 3, calls: 2, latency: 200, workers: 1 }

/** What is run for the traces of this chapter. */
export default {
  'five-fetches': { ...fiveFetches, workers: 2, timeout: 400 },
  crowd,
  'crowd-impatient': { ...crowd, timeout: 500 },
} satisfies Scenes
