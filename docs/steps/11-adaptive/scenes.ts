import { fiveFetches } from '../../.vitepress/lab/scene.ts'
import type { Scenes } from '../../.vitepress/lab/scene.ts'

/** One client with twelve calls, all at once. */
const crowd = { clients: 1, calls: 12, latency: 200, learn: 'no' }

/** What is run for the traces of this chapter. */
export default {
  'five-fetches': { ...fiveFetches },
  crowd: { ...crowd, start: 4 },
} satisfies Scenes
