import { shallowRef, watch } from 'vue'
import type { ShallowRef } from 'vue'
import { useFrames } from './frames.ts'
import type { TraceEvent } from './layout.ts'

/** A picture of a run that goes on: its events until now. */
export interface Recording {
  events: readonly TraceEvent[]
  /** The present on the clock of the trace, in microseconds; undefined once the run is over. */
  now: number | undefined
}

/** Drawing takes at most one part in so many of the time. */
const sparing = 4

/**
 * Follows a growing trace. While it is live, the recording is renewed before the browser paints,
 * and less often when the drawing takes long. `drawing` says how long it took last, in
 * milliseconds.
 */
export function useRecording(
  events: () => readonly TraceEvent[],
  live: () => boolean,
  drawing: () => number,
): ShallowRef<Recording> {
  /** What to add to our clock to have the trace's: an event is never heard before it happens. */
  let ahead = -Infinity
  let heard = 0
  const hear = () => {
    const all = events()
    if (all.length < heard) [ahead, heard] = [-Infinity, 0]
    for (; heard < all.length; heard++) {
      const event = all[heard]!
      if (event.ph !== 'M') ahead = Math.max(ahead, event.ts - performance.now() * 1000)
    }
    const now = ahead + performance.now() * 1000
    return Number.isFinite(now) ? now : undefined
  }
  const recording = shallowRef<Recording>({ events: events(), now: undefined })
  let waited = 0
  useFrames(live, (elapsed) => {
    waited += elapsed
    if (waited < drawing() * sparing) return
    waited = 0
    recording.value = { events: events(), now: hear() }
  })
  watch([events, live], () => {
    if (live()) return
    ;[ahead, heard] = [-Infinity, 0]
    recording.value = { events: events(), now: undefined }
  })
  return recording
}

/** Room for a picture that grows, in milliseconds: it changes seldom, so that the eye can rest. */
export function roomFor(duration: number): number {
  let room = 100
  while (room < duration) room *= 1.5
  return room
}
