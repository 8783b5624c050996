import type { Profiler } from 'node:inspector'

/** Who a frame belongs to. */
export type Kind = 'ours' | 'node' | 'native' | 'kernel' | 'gc' | 'rest'

/** A frame of a flame graph: a function, wherever it is called. */
export interface Frame {
  name: string
  /** Relative to the repository, or of Node. */
  file?: string
  kind: Kind
}

/** A place in the graph: its frame, the part of the time that was spent there or deeper, in thousandths, and what it called. */
export type Place = [frame: number, thousandths: number, called?: Place[]]

/** Small as data: a frame is told once, and what is narrower than `least` thousandths lies in one beside. */
export interface Flames {
  frames: Frame[]
  places: Place[]
}

const least = 5

interface Node {
  frame: Frame
  time: number
  called: Map<string, Node>
}

/**
 * Folds a profile: the same function called from the same place is one frame, and the time in which there was
 * nothing to do is left out. `home` is the URL of the folder that the sources lie in.
 */
export function fold({ nodes, samples = [] }: Profiler.Profile, home: string): Flames {
  const own = new Map<number, number>()
  // Each counts as one, however long ago the one before it was: meanwhile another process may have had the processor.
  for (const id of samples) own.set(id, (own.get(id) ?? 0) + 1)
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const root: Node = { frame: { name: '', kind: 'rest' }, time: 0, called: new Map() }
  const add = (node: Profiler.ProfileNode, into: Node): number => {
    if (isOfProfiler(node.callFrame, home)) return 0
    const frame = frameOf(node.callFrame, home)
    const key = `${frame.name} ${frame.file}`
    let place = into.called.get(key)
    if (!place) into.called.set(key, (place = { frame, time: 0, called: new Map() }))
    let time = own.get(node.id) ?? 0
    for (const id of node.children ?? []) time += add(byId.get(id)!, place)
    place.time += time
    return time
  }
  for (const id of nodes[0]?.children ?? []) {
    const node = byId.get(id)!
    if (!/^\((idle|root)\)$/.test(node.callFrame.functionName)) root.time += add(node, root)
  }
  const frames: Frame[] = []
  const numbers = new Map<string, number>()
  const numberOf = (frame: Frame) => {
    const key = JSON.stringify(frame)
    const number = numbers.get(key) ?? frames.push(frame) - 1
    numbers.set(key, number)
    return number
  }
  const places = (node: Node): Place[] => {
    const parts = [...node.called.values()].map((one) => ({ one, part: Math.round((1000 * one.time) / root.time) }))
    const wide = parts.filter(({ part }) => part >= least).sort((a, b) => b.part - a.part)
    const narrow = parts.filter(({ part }) => part < least).reduce((sum, { one }) => sum + (1000 * one.time) / root.time, 0)
    const shown = wide.map(({ one, part }): Place => {
      const frame = numberOf(one.frame)
      const called = places(one)
      return called.length > 0 ? [frame, part, called] : [frame, part]
    })
    if (narrow >= least) shown.push([numberOf({ name: 'smaller ones', kind: 'rest' }), Math.round(narrow)])
    return shown
  }
  return { frames, places: places(root) }
}

/** What samples is in the samples, too. */
function isOfProfiler({ url }: Profiler.ProfileNode['callFrame'], home: string): boolean {
  return url.startsWith('node:inspector') || (url.startsWith('file:') && !url.startsWith(home))
}

function frameOf({ functionName, url }: Profiler.ProfileNode['callFrame'], home: string): Frame {
  if (functionName === '(program)') return { name: 'kernel and libuv', kind: 'kernel' }
  if (functionName === '(garbage collector)') return { name: 'garbage collector', kind: 'gc' }
  const name = functionName || 'a function'
  if (url.startsWith(home)) return { name, file: url.slice(home.length), kind: 'ours' }
  if (url.startsWith('node:')) return { name, file: url.slice('node:'.length), kind: 'node' }
  return { name, kind: 'native' }
}

/** Of all time, in thousandths, what each frame has taken itself. What it has called is not in it. */
export function ownTimes({ frames, places }: Flames): { frame: Frame; thousandths: number }[] {
  const times = frames.map((frame) => ({ frame, thousandths: 0 }))
  const walk = (all: readonly Place[]) => {
    for (const [frame, thousandths, called = []] of all) {
      times[frame]!.thousandths += thousandths - called.reduce((sum, [, part]) => sum + part, 0)
      walk(called)
    }
  }
  walk(places)
  return times.sort((a, b) => b.thousandths - a.thousandths)
}
