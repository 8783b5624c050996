import type { Kind, Moment, Picture } from './layout.ts'
import type { Score } from './playback.ts'

/** An event of one of several pictures that are played together. */
export interface Told {
  /** Which picture, from 0. */
  trace: number
  /** Which of its events, from 1. */
  n: number
  moment: Moment
}

/** The events of all pictures in the order of time. */
export function together(pictures: readonly Picture[]): Told[] {
  return pictures
    .flatMap(({ moments }, trace) => moments.map((moment, i) => ({ trace, n: i + 1, moment })))
    .sort((a, b) => a.moment.at - b.moment.at)
}

/** What a player needs to know of them. */
export function scoreOf(pictures: readonly Picture[], events: readonly Told[]): Score {
  return {
    duration: Math.max(...pictures.map(({ duration }) => duration)),
    times: events.map(({ moment }) => moment.at),
  }
}

/** What is to be seen in them, for a key. */
export function kindsIn(pictures: readonly Picture[]): (Kind | 'idle' | 'message' | 'unanswered' | 'items' | 'memory')[] {
  const used = new Set(pictures.flatMap(({ spans }) => spans.map(({ kind }) => kind)))
  const kinds = (['call', 'handle', 'queue', 'work', 'kernel', 'run'] as const).filter((kind) =>
    used.has(kind),
  )
  const seen = {
    message: pictures.some(({ arrows }) => arrows.length > 0),
    unanswered: pictures.some(({ spans }) => spans.some((span) => span.unanswered)),
    items: pictures.some(({ items }) => items.length > 0),
    memory: pictures.some(({ lanes }) => lanes.some(({ memory }) => memory.length > 0)),
  }
  return [...kinds, 'idle', ...(['message', 'unanswered', 'items', 'memory'] as const).filter((kind) => seen[kind])]
}

/** The address of an event in its page. */
export function hashOf(name: string, n: number): string {
  return `#${name}-${n}`
}

/** The event that an address names, if it names one. */
export function readHash(hash: string): { name: string; n: number } | undefined {
  const [, name, n] = /^#(.+)-(\d+)$/.exec(hash) ?? []
  return name === undefined ? undefined : { name, n: Number(n) }
}
