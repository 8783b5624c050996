import { fiveClients, fiveFetches } from '../../.vitepress/lab/scene.ts'
import type { Scenes } from '../../.vitepress/lab/scene.ts'

/** What is run for the traces of this chapter. */
export default {
  'five-fetches': fiveFetches,
  'five-clients': fiveClients,
  'one-call': { clients: 1, calls: 1, latency: 300 },
  'five-clients-threads': { ...fiveClients, threads: 5 },
} satisfies Scenes
