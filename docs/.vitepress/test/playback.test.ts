import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as playback from '../theme/timeline/playback.ts'
import { layout } from '../theme/timeline/layout.ts'
import { roomFor } from '../theme/timeline/live.ts'
import type { Playback, Score } from '../theme/timeline/playback.ts'
import { hashOf, kindsIn, readHash, scoreOf, together } from '../theme/timeline/together.ts'
import { allAtOnce, oneAfterAnother } from './fixtures/traces.ts'

const score: Score = { duration: 300, times: [0, 0, 1, 120, 300] }
const began = playback.begin(score)

/** Scores of any length, with events that fall together and events at both ends. */
const scores = fc
  .tuple(fc.integer({ min: 1, max: 2000 }), fc.array(fc.nat(2000), { minLength: 1, maxLength: 30 }))
  .map(([duration, times]): Score => {
    const within = times.map((time) => Math.min(time, duration))
    return { duration, times: within.sort((a, b) => a - b) }
  })

type Act = (state: Playback, score: Score) => Playback
const acts: fc.Arbitrary<Act> = fc.oneof(
  fc.constantFrom<Act[]>(playback.play, playback.pause, playback.hop, playback.fit),
  fc.integer({ min: -3, max: 3 }).map((by): Act => (s, score) => playback.step(s, score, by)),
  fc.integer({ min: -9, max: 99 }).map((n): Act => (s, score) => playback.goTo(s, score, n)),
  fc.integer({ min: -99, max: 2999 }).map((at): Act => (s, score) => playback.seek(s, score, at)),
  fc.nat(500).map((ms): Act => (s, score) => playback.tick(s, score, ms)),
  fc.integer({ min: -3, max: 3 }).map((by): Act => (s, score) => playback.pan(s, score, by / 2)),
  fc
    .tuple(fc.constantFrom(0.3, 0.5, 2, 5), fc.option(fc.nat(2000), { nil: undefined }))
    .map(([factor, anchor]): Act => (s, score) => playback.zoom(s, score, factor, anchor)),
)

describe('a player', () => {
  test('shows the whole picture until it is touched, at a pace that can be followed', () => {
    expect(began).toEqual({
      time: undefined,
      event: -1,
      playing: false,
      slower: 16,
      view: { from: 0, to: 300 },
    })
    expect(playback.begin({ duration: 1030, times: [0] }).slower).toBe(4)
  })

  test('plays to the end, says which event was last, and begins anew', () => {
    let state = playback.play(began, score)
    expect(state).toMatchObject({ time: 0, event: 0, playing: true })
    state = playback.tick(state, score, 16 * 119)
    expect(state).toMatchObject({ time: 119, event: 2, playing: true })
    state = playback.tick(state, score, 16 * 1)
    expect(state).toMatchObject({ time: 120, event: 3, playing: true })
    state = playback.tick(state, score, 1e6)
    expect(state).toMatchObject({ time: 300, event: 4, playing: false })
    expect(playback.play(state, score)).toMatchObject({ time: 0, playing: true })
  })

  test('does not move while it pauses, and goes on from there', () => {
    const paused = playback.pause(playback.tick(playback.play(began, score), score, 160))
    expect(playback.tick(paused, score, 1000)).toBe(paused)
    expect(playback.play(paused, score)).toMatchObject({ time: 10, playing: true })
  })

  test('steps to every event once, in order, and back again', () => {
    fc.assert(
      fc.property(scores, (score) => {
        let state = playback.begin(score)
        const there = score.times.map(() => (state = playback.step(state, score, 1)))
        expect(there.map(({ event }) => event)).toEqual(score.times.map((_, i) => i))
        expect(there.map(({ time }) => time)).toEqual(score.times)
        expect(playback.step(state, score, 1)).toEqual(state)
        for (const before of there.slice(0, -1).reverse()) {
          state = playback.step(state, score, -1)
          expect(state).toMatchObject({ event: before.event, time: before.time })
        }
      }),
    )
  })

  test('steps back from the untouched picture to the last event', () => {
    expect(playback.step(began, score, -1)).toMatchObject({ event: 4, time: 300 })
  })

  test('hops from event to event where motion is not wanted, until the last', () => {
    let state = playback.play(began, score)
    const seen = [state.event]
    while (state.playing) {
      state = playback.hop(state, score)
      seen.push(state.event)
    }
    expect(seen).toEqual([0, 1, 2, 3, 4])
  })

  test('knows what has happened at a time', () => {
    expect([-1, 0, 0.5, 1, 119, 120, 999].map((at) => playback.eventAt(score, at))).toEqual([
      -1, 1, 1, 2, 2, 3, 4,
    ])
  })

  test('leaves the view alone while the playhead is in it', () => {
    const near = playback.zoom(began, score, 0.1, 0)
    expect(playback.seek(near, score, 29).view).toEqual(near.view)
  })

  test('keeps the playhead in view while it plays', () => {
    let state = playback.play(playback.zoom(began, score, 0.1, 0), score)
    while (state.playing) {
      state = playback.tick(state, score, 50)
      expect(state.time).toBeGreaterThanOrEqual(state.view.from)
      expect(state.time).toBeLessThanOrEqual(state.view.to)
    }
    expect(state.view.to).toBe(300)
  })

  test('shows a new place when the playhead leaves the view', () => {
    const near = playback.zoom(began, score, 0.01, 0)
    expect(near.view).toEqual({ from: 0, to: 3 })
    const { view } = playback.seek(near, score, 120)
    expect(view.to - view.from).toBeCloseTo(3, 9)
    expect(view.from).toBeLessThan(120)
    expect(view.to).toBeGreaterThan(120)
  })

  test('takes a trace without events and without length', () => {
    const nothing: Score = { duration: 0, times: [] }
    fc.assert(
      fc.property(fc.array(acts, { maxLength: 20 }), (acts) => {
        const end = acts.reduce((state, act) => act(state, nothing), playback.begin(nothing))
        expect(end).toMatchObject({ event: -1, playing: false, view: { from: 0, to: 0 } })
      }),
    )
  })
})

describe('zooming', () => {
  test('keeps its anchor in place, unless an end of the picture is in the way', () => {
    const part = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(scores, part, part, part, fc.double({ min: 0.1, max: 8, noNaN: true }), (
        score,
        width,
        left,
        where,
        factor,
      ) => {
        const wide = Math.max(width * score.duration, playback.narrowest)
        const from = left * (score.duration - wide)
        const before = { ...playback.begin(score), view: { from, to: from + wide } }
        const anchor = from + where * wide
        const { view } = playback.zoom(before, score, factor, anchor)
        const share = (anchor - view.from) / (view.to - view.from)
        const atEnd = view.from === 0 || view.to > score.duration - 1e-6
        if (!atEnd) expect(share).toBeCloseTo(where, 5)
        expect(share).toBeGreaterThan(-1e-6)
        expect(share).toBeLessThan(1 + 1e-6)
      }),
    )
  })

  test('holds on to the playhead', () => {
    const there = playback.seek(began, score, 120)
    const { view } = playback.zoom(there, score, 0.5)
    expect((120 - view.from) / (view.to - view.from)).toBeCloseTo(120 / 300, 9)
  })
})

test('whatever the reader does, view and playhead stay in the picture', () => {
  fc.assert(
    fc.property(scores, fc.array(acts, { maxLength: 40 }), (score, acts) => {
      let state = playback.begin(score)
      for (const act of acts) {
        state = act(state, score)
        const { view, time = 0, event } = state
        expect(view.from).toBeGreaterThanOrEqual(0)
        expect(view.to).toBeLessThanOrEqual(score.duration)
        const least = Math.min(playback.narrowest, score.duration)
        expect(view.to - view.from).toBeGreaterThanOrEqual(least - 1e-6)
        expect(time).toBeGreaterThanOrEqual(0)
        expect(time).toBeLessThanOrEqual(score.duration)
        if (event >= 0) expect(score.times[event]).toBeLessThanOrEqual(time)
      }
    }),
    { numRuns: 300 },
  )
})

describe('two pictures together', () => {
  const pictures = [layout(oneAfterAnother()), layout(allAtOnce())]
  const events = together(pictures)

  test('have all events of both, in the order of time, each with its own number', () => {
    pictures.forEach(({ moments }, trace) => {
      const own = events.filter((event) => event.trace === trace)
      expect(own.map(({ moment }) => moment)).toEqual(moments)
      expect(own.map(({ n }) => n)).toEqual(moments.map((_, i) => i + 1))
    })
    const { times, duration } = scoreOf(pictures, events)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(duration).toBe(pictures[0]?.duration)
  })

  test('have a key for what is in either', () => {
    expect(kindsIn(pictures)).toEqual(['call', 'handle', 'kernel', 'run', 'idle', 'message'])
    expect(kindsIn([layout([])])).toEqual(['idle'])
  })
})

test('an event has an address that can be read again', () => {
  expect(hashOf('05-five-fetches', 7)).toBe('#05-five-fetches-7')
  expect(readHash('#05-five-fetches-7')).toEqual({ name: '05-five-fetches', n: 7 })
  for (const other of ['', '#watch-it', '#%E0', '#-1']) expect(readHash(other)).toBeUndefined()
})

test('a picture that grows has room, and seldom needs more', () => {
  const rooms = Array.from({ length: 1000 }, (_, ms) => roomFor(ms))
  rooms.forEach((room, ms) => expect(room).toBeGreaterThanOrEqual(ms))
  expect(new Set(rooms).size).toBe(7)
})
