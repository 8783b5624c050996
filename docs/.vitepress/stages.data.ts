// By its place: what has a package's name VitePress leaves to Node, which may not read TypeScript.
import { asked } from '../../test/stages/src/bars.ts'
import type { Asked } from '../../test/stages/src/bars.ts'
import type { Flames } from '../../test/stages/src/flames.ts'
import { recorded } from '../../test/stages/src/record.ts'
import type { Recorded } from '../../test/stages/src/record.ts'
import { linesAdded, removals, stages, unpaid } from '../../test/stages/src/stages.ts'

/** What the page about the stages shows: the stages in their order, what was tried in vain, and what was measured. */
export interface Staged extends Pick<Recorded, 'node' | 'types' | 'settings'> {
  stages: { name: string; title: string; lines: number }[]
  pictures: { name: string; title: string; flames: Flames }[]
  tried: { name: string; title: string }[]
  asked: readonly Asked[]
}

/** @throws Error when a stage has not been recorded */
export function staged({ node, types, settings, flames }: Recorded): Staged {
  const shown = stages.map(({ name, gained }) => ({ name, title: gained?.title ?? 'Naive', lines: gained ? linesAdded(gained) : 0 }))
  return {
    node,
    types,
    settings,
    stages: shown,
    pictures: [...shown, { name: 'one', title: 'Step 04, one call at a time' }].map(({ name, title }) => {
      const flame = flames[name]
      if (!flame) throw new Error(`no profile of ${name}: npm run stages`)
      return { name, title, flames: flame }
    }),
    tried: unpaid.map(({ name, title }) => ({ name, title })),
    asked,
  }
}

export declare const data: Staged

export default {
  watch: ['../../test/stages/recorded.json', ...removals.map(({ patch }) => patch)],
  load: () => staged(recorded()),
}
