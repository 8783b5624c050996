import type { Lane, Span } from './layout.ts'

/*
 * Heights are in pixels. Time runs in per cent of the width, so that a picture fits any screen
 * and its text never shrinks.
 */
const row = 20
const strip = 22
const label = 20
const wire = 38

/** Where a lane stands, in pixels from the top. */
export interface Place {
  /** The base line of its name. */
  label: number
  /** The first row of calls. */
  rows: number
  /** What its thread does. */
  strip: number
  /** The middle of that. */
  middle: number
  /** Where messages leave and arrive. */
  edge: number
}

/** The places of all lanes, clients above the wire and servers below, and the height of all. */
export function placesOf(lanes: readonly Lane[]): { places: Place[]; height: number } {
  let y = 0
  let above = true
  const places = lanes.map(({ client, rows }): Place => {
    if (above && !client && y > 0) y += wire
    above = client
    const top = y
    const height = label + rows * row + strip
    y += height + (client ? 6 : 10)
    const begin = client ? top + label + rows * row : top
    return {
      label: client ? top + 13 : top + height - 5,
      rows: client ? top + label : top + strip,
      strip: begin,
      middle: begin + strip / 2,
      edge: client ? top + height : top,
    }
  })
  return { places, height: y }
}

/** Top and height of a span. What lies inside another in the same strip or row is drawn thinner. */
export function bandOf({ row: n, depth, kind }: Span, place: Place): { y: number; height: number } {
  if (n < 0) return { y: place.strip + 2 + depth * 3, height: Math.max(strip - 4 - depth * 6, 6) }
  const less = kind === 'queue' || kind === 'work' ? 2 : 0
  return { y: place.rows + n * row + 2 + less, height: row - 4 - 2 * less }
}

/** About how many pixels a label takes, with a little room on both sides. */
export function room(text: string): number {
  return text.length * 6.2 + 12
}
