import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reading } from '../.vitepress/course.ts'
import { goOn, marked, sound } from '../.vitepress/theme/progress.ts'
import type { Mark, Progress } from '../.vitepress/theme/progress.ts'

describe('progress', () => {
  const pages = ['a', 'b', 'c']

  test.each<[Progress, string | undefined]>([
    [{}, undefined],
    [{ a: 'opened' }, 'a'],
    [{ c: 'opened' }, 'c'],
    [{ a: 'read' }, 'b'],
    [{ a: 'read', c: 'opened' }, 'b'],
    [{ a: 'opened', b: 'read' }, 'c'],
    [{ a: 'opened', c: 'read' }, 'a'],
    [{ a: 'read', b: 'read', c: 'read' }, undefined],
    [{ elsewhere: 'read' }, undefined],
  ])('%j goes on with %s', (progress, page) => expect(goOn(progress, pages)).toBe(page))

  test('what was read stays read', () => {
    const opened = marked({}, 'a', 'opened')
    expect(opened).toEqual({ a: 'opened' })
    const read = marked(opened, 'a', 'read')
    expect(marked(read, 'a', 'opened')).toEqual({ a: 'read' })
  })

  const someMark = fc.constantFrom<Mark>('opened', 'read')
  const history = fc.array(fc.record({ page: fc.constantFrom(...pages), mark: someMark }))

  test('whoever has begun and not finished is led to a page that is not read', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const progress = steps.reduce<Progress>((p, s) => marked(p, s.page, s.mark), {})
        const next = goOn(progress, pages)
        const finished = pages.every((page) => progress[page] === 'read')
        expect(next === undefined).toBe(steps.length === 0 || finished)
        if (next !== undefined) expect(progress[next]).not.toBe('read')
      }),
    )
  })

  test('of what the browser kept, only what the course has is taken', () => {
    const [first] = reading
    const kept = { [first!.page]: 'read', gone: 'read', [reading[1]!.page]: '<b>' }
    expect(sound(kept)).toEqual({ [first!.page]: 'read' })
    for (const other of [null, 3, 'read', ['read']]) expect(sound(other)).toEqual({})
  })
})
