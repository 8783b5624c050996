import type { Flames, Frame, Place } from '../../../../test/stages/src/flames.ts'

/** A frame in its place. Where it begins and how wide it is, in thousandths of all. */
export interface Box {
  frame: Frame
  from: number
  width: number
  depth: number
  caller: Box | undefined
  called: Box[]
}

/** The places of a flame graph, callers before what they have called. */
export function boxesOf({ frames, places }: Flames): Box[] {
  const boxes: Box[] = []
  const lay = (places: readonly Place[], from: number, depth: number, caller?: Box) => {
    for (const [frame, width, called = []] of places) {
      const box: Box = { frame: frames[frame]!, from, width, depth, caller, called: [] }
      boxes.push(box)
      caller?.called.push(box)
      lay(called, from, depth + 1, box)
      from += width
    }
  }
  lay(places, 0, 0)
  return boxes
}

/** Which box a key leads to, from one of them: into what is called, out to the caller, to the sides. */
export function neighbour(boxes: readonly Box[], at: Box, key: string): Box | undefined {
  if (key === 'ArrowDown') return at.called[0]
  if (key === 'ArrowUp') return at.caller
  const row = boxes.filter(({ depth }) => depth === at.depth)
  if (key === 'ArrowRight') return row[row.indexOf(at) + 1]
  if (key === 'ArrowLeft') return row[row.indexOf(at) - 1]
  return undefined
}

const kinds: Readonly<Record<Frame['kind'], string>> = {
  ours: 'this repository',
  node: 'Node, in JavaScript',
  native: 'Node and the kernel below it, native',
  kernel: 'libuv and the kernel, outside of any function',
  gc: 'garbage collector',
  rest: 'too small to be shown',
}

/** A kind in words, for the key and for who cannot see the colour. */
export const kindName = (kind: Frame['kind']) => kinds[kind]

export const percent = (thousandths: number) => `${(thousandths / 10).toFixed(1)} %`

/** What one would say of a box. */
export function spoken({ frame: { name, file, kind }, width }: Box): string {
  return `${name}, ${file ?? kindName(kind)}: ${percent(width)}`
}
