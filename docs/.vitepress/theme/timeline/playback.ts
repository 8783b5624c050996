/*
 * Playing a picture: where the playhead stands and which stretch of time is in view. Each function
 * returns a new state and changes nothing; whoever owns a clock says how much time has passed.
 */

/** What is played: its length in milliseconds, and the times of its events, in order. */
export interface Score {
  readonly duration: number
  readonly times: readonly number[]
}

/** A stretch of time, in milliseconds. */
export interface View {
  readonly from: number
  readonly to: number
}

/** The state of a player. */
export interface Playback {
  /** Where the playhead stands, in milliseconds; undefined until somebody has moved it. */
  readonly time: number | undefined
  /** The event that happened last, counted from 0; -1 before the first. */
  readonly event: number
  readonly playing: boolean
  /** How many times slower than in reality. */
  readonly slower: number
  readonly view: View
}

/** The speeds to choose from, each as so many times slower than in reality. */
export const speeds = [1, 4, 16, 64, 256] as const

/** A picture plays for at least so many milliseconds, unless somebody chooses another speed. */
const pleasant = 3000

/** The shortest stretch of time that can be looked at, in milliseconds. */
export const narrowest = 0.5

const clamp = (n: number, least: number, most: number) => Math.min(Math.max(n, least), most)

/** A player that shows the whole picture and has not been touched. */
export function begin(score: Score): Playback {
  const slower = speeds.find((n) => n * score.duration >= pleasant) ?? speeds.at(-1)!
  return {
    time: undefined,
    event: -1,
    playing: false,
    slower,
    view: { from: 0, to: score.duration },
  }
}

/** The last event that has happened at a time; -1 when none has. */
export function eventAt({ times }: Score, time: number): number {
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (times[middle]! <= time) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Plays on; from the beginning when nothing was played yet, or everything. */
export function play(state: Playback, score: Score): Playback {
  const { time = score.duration } = state
  const here = time < score.duration ? state : goTo(state, score, 0)
  return { ...here, playing: score.duration > 0 && score.times.length > 0 }
}

/** Stops where it is. */
export function pause(state: Playback): Playback {
  return { ...state, playing: false }
}

/** So many milliseconds of the reader's time have passed. Stops at the end. */
export function tick(state: Playback, score: Score, elapsed: number): Playback {
  if (!state.playing) return state
  const time = (state.time ?? 0) + elapsed / state.slower
  const next = seek(state, score, time)
  return {
    ...next,
    playing: time < score.duration,
    view: follow(state.view, score.duration, next.time ?? 0),
  }
}

/** Plays without motion: the next event, until there is none. */
export function hop(state: Playback, score: Score): Playback {
  if (!state.playing) return state
  const next = goTo(state, score, state.event + 1)
  return { ...next, playing: next.event < score.times.length - 1 }
}

/** Stops, and goes so many events further, or back when it is negative. */
export function step(state: Playback, score: Score, by: number): Playback {
  const here = state.time === undefined && by < 0 ? score.times.length : state.event
  return goTo(state, score, here + by)
}

/** Stops at an event, counted from 0; at the nearest there is when it does not exist. */
export function goTo(state: Playback, score: Score, event: number): Playback {
  const { times, duration } = score
  if (times.length === 0) return pause(state)
  const nearest = clamp(event, 0, times.length - 1)
  const time = clamp(times[nearest]!, 0, duration)
  return {
    ...state,
    time,
    event: nearest,
    playing: false,
    view: follow(state.view, duration, time),
  }
}

/** Moves the playhead to a time, and the view only when that lies outside. */
export function seek(state: Playback, score: Score, time: number): Playback {
  const here = clamp(time, 0, score.duration)
  const { view } = state
  const seen = view.from <= here && here <= view.to
  return {
    ...state,
    time: here,
    event: eventAt(score, here),
    view: seen ? view : follow(view, score.duration, here),
  }
}

/**
 * Shows `factor` times as much time, so a factor below 1 shows it larger. The anchor keeps its
 * place on the screen, unless the picture would end inside the view. Without an anchor it is the
 * playhead when that is in view, and else the middle.
 */
export function zoom(state: Playback, score: Score, factor: number, anchor?: number): Playback {
  const { view, time } = state
  const seen = time !== undefined && view.from <= time && time <= view.to
  const middle = (view.from + view.to) / 2
  const fixed = clamp(anchor ?? (seen ? time : middle), view.from, view.to)
  const width = view.to - view.from
  const wanted = clamp(width * factor, Math.min(narrowest, score.duration), score.duration)
  const from = width > 0 ? fixed - ((fixed - view.from) / width) * wanted : 0
  const next = within(from, wanted, score.duration)
  const held = anchor === undefined && seen
  return { ...state, view: held ? follow(next, score.duration, time) : next }
}

/** Moves the view by a share of its width: 1 shows what comes next, -1 what came before. */
export function pan(state: Playback, score: Score, share: number): Playback {
  const { from, to } = state.view
  return { ...state, view: within(from + (to - from) * share, to - from, score.duration) }
}

/** Shows the whole picture. */
export function fit(state: Playback, score: Score): Playback {
  return { ...state, view: { from: 0, to: score.duration } }
}

function within(from: number, width: number, duration: number): View {
  const start = clamp(from, 0, Math.max(duration - width, 0))
  return { from: start, to: Math.min(start + width, duration) }
}

/** Keeps the playhead off the edges of a view, but for those of the picture. */
function follow(view: View, duration: number, time: number): View {
  const { from, to } = view
  const width = to - from
  const least = time - (width * 3) / 4
  const most = time - width / 10
  if (least <= from && from <= most) return view
  const moved = within(clamp(from, least, most), width, duration)
  return moved.from === from ? view : moved
}
