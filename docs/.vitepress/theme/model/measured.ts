import { costsOf } from '../../model/points.ts'
import type { Point } from '../../model/points.ts'

const files = import.meta.glob<readonly Point[]>('../../../steps/*/points.json', {
  eager: true,
  import: 'default',
})

/** Every recorded run, in the order of the steps. */
export const points: readonly Point[] = Object.values(files).flat()
/** What a call costs, as the recorded runs say. */
export const measured = costsOf(points)
