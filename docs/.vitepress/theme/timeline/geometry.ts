import type { Arrow, Lane, Span } from './layout.ts'

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
  /** The first row of what is handled. */
  rows: number
  /** The first row of calls; for a server, of what it asks of the next one. */
  calls: number
  /** What its thread does. */
  strip: number
  /** The middle of that. */
  middle: number
  /** Where the messages of its own calls leave and arrive. */
  calling: number
  /** Where those of others arrive and leave. */
  called: number
}

/** The side of a lane that a message of this kind leaves, or arrives at. */
export function edgeOf(place: Place, end: 'from' | 'to', kind: Arrow['kind']): number {
  return (end === 'from') === (kind === 'request') ? place.calling : place.called
}

/**
 * The places of all lanes, clients above the wire and servers below, and the height of all. A server that
 * asks another one has a wire above it and one below, and its name between what it is asked and what it asks.
 */
export function placesOf(lanes: readonly Lane[]): { places: Place[]; height: number } {
  let y = 0
  let above = true
  const places = lanes.map(({ client, rows, asks }): Place => {
    if (above && !client && y > 0) y += wire
    above = client || asks > 0
    const top = y
    const height = label + rows * row + strip
    const bottom = top + height + asks * row
    y = bottom + (above ? 6 : 10)
    const begin = client ? top + label + rows * row : top
    return {
      label: client ? top + 13 : top + height - 5,
      rows: client ? top + label : top + strip,
      calls: client ? top + label : top + height,
      strip: begin,
      middle: begin + strip / 2,
      calling: client || asks > 0 ? bottom : top,
      called: client ? bottom : top,
    }
  })
  return { places, height: y }
}

/** Top and height of a span. What lies inside another in the same strip or row is drawn thinner. */
export function bandOf({ row: n, depth, kind }: Span, place: Place): { y: number; height: number } {
  if (n < 0) return { y: place.strip + 2 + depth * 3, height: Math.max(strip - 4 - depth * 6, 6) }
  const top = kind === 'call' ? place.calls : place.rows
  const less = kind === 'queue' || kind === 'work' ? 2 : 0
  return { y: top + n * row + 2 + less, height: row - 4 - 2 * less }
}

/** About how many pixels a label takes, with a little room on both sides. */
export function room(text: string): number {
  return text.length * 6.2 + 12
}
