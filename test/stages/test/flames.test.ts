import type { Profiler } from 'node:inspector'
import { describe, expect, test } from 'vitest'
import { fold, ownTimes } from '../src/flames.ts'
import type { Flames, Place } from '../src/flames.ts'
import { recorded } from '../src/record.ts'
import { stages, tried } from '../src/stages.ts'

const home = 'file:///home/'

/** A profile of functions that are called one by the other, with the number of samples in which each was the innermost. */
function profileOf(calls: readonly (readonly [id: number, name: string, url: string, count: number, children?: number[]])[]): Profiler.Profile {
  const nodes = calls.map(([id, functionName, url, , children = []]) => {
    return { id, children, callFrame: { functionName, url, scriptId: '1', lineNumber: 1, columnNumber: 1 } }
  })
  return {
    nodes,
    startTime: 0,
    endTime: 0,
    samples: calls.flatMap(([id, , , count]) => Array.from({ length: count }, () => id)),
  }
}

describe('a profile', () => {
  test('is folded: ours, of Node, native, of the kernel, with nobody idle and no sampler in it', () => {
    const flames = fold(
      profileOf([
        [1, '(root)', '', 0, [2, 3, 4, 5, 9]],
        [2, '(idle)', '', 9_000],
        [3, '(program)', '', 100],
        [4, '(garbage collector)', '', 100],
        [5, 'onStreamRead', 'node:internal/stream_base_commons', 100, [6, 7]],
        [6, 'received', `${home}shared/session/src/session.ts`, 300, [8]],
        [7, 'received', `${home}shared/session/src/session.ts`, 200],
        [8, 'writeBuffer', '', 200],
        [9, 'post', 'node:inspector', 0, [10]],
        [10, 'dispatch', '', 9_000],
      ]),
      home,
    )
    expect(flames.frames).toEqual([
      { name: 'onStreamRead', file: 'internal/stream_base_commons', kind: 'node' },
      { name: 'received', file: 'shared/session/src/session.ts', kind: 'ours' },
      { name: 'writeBuffer', kind: 'native' },
      { name: 'kernel and libuv', kind: 'kernel' },
      { name: 'garbage collector', kind: 'gc' },
    ])
    expect(flames.places).toEqual([[0, 800, [[1, 700, [[2, 200]]]]], [3, 100], [4, 100]])
    expect(ownTimes(flames).map(({ frame, thousandths }) => [frame.name, thousandths])).toEqual([
      ['received', 500],
      ['writeBuffer', 200],
      ['onStreamRead', 100],
      ['kernel and libuv', 100],
      ['garbage collector', 100],
    ])
  })

  test('is small: what is narrow lies in one frame, and the narrowest is not shown', () => {
    const narrow = Array.from({ length: 10 }, (_, i) => [10 + i, `narrow${i}`, 'node:net', 2] as const)
    const ids = narrow.map(([id]) => id)
    const flames = fold(profileOf([[1, '(root)', '', 0, [2, 3]], [2, 'wide', 'node:net', 976, ids], [3, 'lost', '', 4], ...narrow]), home)
    expect(flames.places).toEqual([[0, 996, [[1, 20]]]])
    expect(flames.frames[1]).toEqual({ name: 'smaller ones', kind: 'rest' })
  })
})

describe('what was recorded', () => {
  const { settings, flames } = recorded()
  const all = [...stages, ...tried].map(({ name }) => name)

  test('has every stage in every workload, on one core and free', () => {
    expect(settings.map(({ core }) => core === null)).toEqual([false, true])
    for (const { workloads } of settings) {
      expect(workloads.map(({ name }) => name)).toEqual(['one', 'in-flight', 'connections', 'large'])
      for (const { results } of workloads) {
        expect(results.map(({ name }) => name)).toEqual(expect.arrayContaining(['bare', 'vscode-jsonrpc', ...all]))
      }
    }
  })

  test('has a flame graph of each, in which no frame is wider than its caller', () => {
    expect(Object.keys(flames)).toEqual([...stages.map(({ name }) => name), 'one'])
    const sum = (places: readonly Place[]) => places.reduce((all, [, part]) => all + part, 0)
    const check = (places: readonly Place[], frames: Flames['frames']) => {
      for (const [frame, part, called = []] of places) {
        expect(frames[frame]).toBeDefined()
        // Each part is rounded by itself.
        expect(sum(called)).toBeLessThanOrEqual(part + called.length)
        check(called, frames)
      }
    }
    for (const graph of Object.values(flames)) {
      expect(sum(graph.places)).toBeGreaterThan(900)
      check(graph.places, graph.frames)
    }
  })

  test('shows what the page says is gone from the picture', () => {
    const share = (stage: string, ...names: string[]) => {
      return ownTimes(flames[stage]!).reduce((sum, { frame, thousandths }) => sum + (names.includes(frame.name) ? thousandths : 0), 0)
    }
    expect(share('2-joined-writes', 'writeBuffer')).toBeLessThan(share('1-no-hop', 'writeBuffer') / 2)
    expect(share('3-header-scanning', 'concat', 'fromStringFast')).toBeGreaterThan(0)
    expect(share('4-buffers-that-stay', 'concat', 'fromStringFast')).toBe(0)
    expect(share('2-joined-writes', '#readUsualHeader')).toBeGreaterThan(share('3-header-scanning', '#readUsualHeader'))
// With one call at a time it is most of what Node does, and there it would be seen.
    expect(share('one', 'queueMicrotask', 'AsyncResource')).toBe(0)
  })
})
