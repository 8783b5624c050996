// By its place: the page needs the simulation alone, and not all that its package has.
import { Aimd, fixed, Gradient2, seeded, simulate, Vegas } from '../../../steps/11-adaptive/src/simulated.ts'
import type { Limit, Point, Scene } from '../../../steps/11-adaptive/src/simulated.ts'
import type { Time } from '../../../steps/11-adaptive/src/time.ts'

/** The limits that learn, by their names. */
export const learning = {
  vegas: () => new Vegas(),
  gradient2: () => new Gradient2(),
  aimd: (time: Time) => new Aimd(time, { tooLongMs: 100 }),
} satisfies Record<string, (time: Time) => Limit>

/** What the reader turns. */
export interface LimitSetting {
  /** What comes, in per cent of what can be done at first. */
  load: number
  /** Workers in the middle third. */
  workers: number
  /** Milliseconds that a request takes in the middle third, in the mean. */
  serviceMs: number
  /** The number that somebody has chosen. */
  fixed: number
  learns: keyof typeof learning
}

/** What the sliders can be set to: least, most, step. */
export const limitRanges = {
  load: [20, 240, 10],
  workers: [1, 30, 1],
  serviceMs: [5, 100, 5],
  fixed: [5, 300, 5],
} as const

/** The first and the last third: as in the demo of step 11. */
export const usual = { workers: 10, serviceMs: 20 } as const
/** Milliseconds of each third, and the points in it. */
export const third = { ms: 6000, points: 20 } as const

/** What the demo of the step does, with the larger of its fixed limits. */
export const firstLimits: LimitSetting = { load: 120, workers: 5, serviceMs: 20, fixed: 150, learns: 'vegas' }

/** Requests that can be done in a second. */
export function perSecond({ workers, serviceMs }: { workers: number; serviceMs: number }): number {
  return (workers * 1000) / serviceMs
}

/** Requests that come in a second. */
export function rateOf({ load }: LimitSetting): number {
  return (perSecond(usual) * load) / 100
}

/** Without a limit, with one that was chosen, and with one that learns: the same work for each of them. */
export interface Runs {
  none: Point[]
  fixed: Point[]
  learns: Point[]
}

/** Has the simulation of step 11 do what is set. */
export function runsOf(setting: LimitSetting): Runs {
  const scene = (): Scene => ({
    conditions: { ...usual, rate: rateOf(setting) },
    changes: [
      { atMs: third.ms, workers: setting.workers, serviceMs: setting.serviceMs },
      { atMs: 2 * third.ms, ...usual },
    ],
    durationMs: 3 * third.ms,
    stepMs: third.ms / third.points,
    random: seeded(1),
  })
  return {
    none: simulate(() => fixed(Infinity), scene()),
    fixed: simulate(() => fixed(setting.fixed), scene()),
    learns: simulate(learning[setting.learns], scene()),
  }
}

/** The means of a third. */
export interface Third {
  limit: number
  /** Requests that were answered in a second. */
  served: number
  /** Of those that were answered. NaN if none was. */
  meanMs: number
}

/** The three of them. */
export function thirdsOf(points: readonly Point[]): Third[] {
  return [0, 1, 2].map((part) => {
    const own = points.slice(part * third.points, (part + 1) * third.points)
    const sum = (of: (point: Point) => number) => own.reduce((sum, point) => sum + of(point), 0)
    const served = sum(({ served }) => served)
    return {
      limit: sum(({ limit }) => limit) / third.points,
      served: (served * 1000) / third.ms,
      meanMs: sum(({ served, meanMs }) => (served > 0 ? served * meanMs : 0)) / served,
    }
  })
}
