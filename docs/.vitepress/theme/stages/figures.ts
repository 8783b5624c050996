import { data } from '../../stages.data.ts'
import { ownTimes } from '../../../../test/stages/src/flames.ts'
import type { Figure, Recorded } from '../../../../test/stages/src/record.ts'

export type Setting = Recorded['settings'][number]

/** The workloads of the stages, as the page calls them. */
export const workloads: Readonly<Record<string, string>> = {
  one: 'one at a time',
  'in-flight': '64 in flight',
  connections: '64 connections',
  large: '10 KB, 64 in flight',
}

export const nameOf = ({ core }: Setting) => (core === null ? 'both cores free' : 'one core')

/** What was measured of a contender, or of the first step whose folder begins with the number. */
export function figureOf(setting: Setting, workload: string, contender: string): Figure | undefined {
  const results = setting.workloads.find(({ name }) => name === workload)?.results
  const isStep = /^\d\d$/.test(contender)
  return results?.find(({ name }) => (isStep ? name.startsWith(`${contender}-`) : name === contender))
}

/** Of a stage's time, in per cent, what the functions of these names have taken themselves. */
export function shareOf(stage: string, frames: readonly string[]): number {
  const flames = data.pictures.find(({ name }) => name === stage)?.flames
  if (!flames) throw new Error(`there is no picture of ${stage}`)
  const times = ownTimes(flames).filter(({ frame }) => frames.includes(frame.name))
  return times.reduce((sum, { thousandths }) => sum + thousandths, 0) / 10
}

export const times = (ratio: number | undefined) => (ratio === undefined ? '-' : ratio.toFixed(2))
