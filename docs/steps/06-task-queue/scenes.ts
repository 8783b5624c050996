import { fiveClients, fiveFetches } from '../../.vitepress/lab/scene.ts'
import type { Scenes } from '../../.vitepress/lab/scene.ts'

/** Three clients with four calls each, and one worker for all of them. */
const crowd = { clients: 3, calls: 4, latency: 100, workers: 1 }

/** What is run for the traces of this chapter. */
export default {
  'five-fetches': { ...fiveFetches, workers: 2 },
  'five-clients': { ...fiveClients, workers: 2 },
  crowd,
  'crowd-fair': { ...crowd, order: 'fair' },
} satisfies Scenes
