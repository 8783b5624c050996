import { costsOf } from '../../../model/points.ts'
import type { Point } from '../../../model/points.ts'
import recorded from '../../../model/points.json'

/** Every recorded run. */
export const points = recorded as readonly Point[]
/** What a call costs, as the recorded runs say. */
export const measured = costsOf(points)
