import { scaleLinear } from 'd3-scale'
import type { Curve } from './setting.ts'

/** Scales from calls and milliseconds to per cent of the chart's width and height. */
export function scalesFor(curves: readonly Curve[], others: readonly number[], most: number) {
  const highest = Math.max(1, ...curves.flatMap(({ totals }) => totals), ...others)
  return {
    x: scaleLinear([0, most], [0, 100]),
    y: scaleLinear([0, highest], [100, 0]).nice(5),
  }
}

/**
 * Moves labels of given heights apart, as little as possible and in order, between 0 and `most`.
 *
 * @returns the middle of each
 */
export function apart(
  labels: readonly { at: number; height: number }[],
  most: number,
): number[] {
  const order = labels.map((label, i) => ({ ...label, i })).sort((a, b) => a.at - b.at)
  const top: number[] = []
  let free = 0
  order.forEach(({ at, height }, k) => {
    top[k] = Math.max(at - height / 2, free)
    free = top[k] + height
  })
  let below = most
  for (let k = order.length - 1; k >= 0; k--) {
    top[k] = Math.min(top[k]!, below - order[k]!.height)
    below = top[k]!
  }
  const middles: number[] = []
  order.forEach(({ height, i }, k) => (middles[i] = top[k]! + height / 2))
  return middles
}
