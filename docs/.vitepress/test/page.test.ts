import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { recordPage } from '../record/page.ts'
import type { PageRecording } from '../record/page.ts'
import { root } from '../source.ts'
import { calls, ways } from '../theme/page/calls.ts'
import type { CallName, Happening } from '../theme/page/calls.ts'
import { blank, take } from '../theme/page/view.ts'

const recording = JSON.parse(readFileSync(join(root, 'docs/steps/12-standards/page.json'), 'utf8')) as PageRecording
const names = Object.keys(calls) as CallName[]

/** Of messages in a row that are of one form, the first: without what another run would have otherwise. */
function shapeOf(happenings: readonly Happening[]): string[] {
  const shapes = happenings.flatMap((one) => {
    if (one.what === 'read' || one.what === 'worked') return []
    if (one.what === 'end') return [`end ${one.how.replace(/\d+ items/, '# items')}`]
    // How much came at once, and whether the end came with the last of it, is for the network to say.
    const text = one.items === undefined ? one.text : one.text.replace(/data: [^]*/, 'data: #').replace(/"items":\[.*/, '"items":[#')
    return [`${one.what} ${text.replace(/"id":[1-9]\d*/, '"id":#').replace(/^event: end\ndata: .*$/m, 'data: #')}`]
  })
  return shapes.filter((shape, i) => shape !== shapes[i - 1])
}

describe('the recording of the calls of a page', () => {
  test('is what the server says today', { timeout: 60_000 }, async () => {
    expect(Object.keys(recording)).toEqual(names)
    const now = await recordPage()
    for (const name of names) {
      for (const way of ways) expect(new Set(shapeOf(now[name]![way])), `${name} by ${way}`).toEqual(new Set(shapeOf(recording[name][way])))
    }
  })

  test('shows what the page is about', () => {
    const of = (name: CallName) => ways.map((way) => recording[name][way].reduce(take, blank))
    for (const name of names) for (const { end, workMs } of of(name)) expect([end, workMs], name).not.toContain(undefined)
    for (const { workMs } of of('deadline')) expect(workMs).toBeLessThan(calls.deadline.params.ms / 2)
    for (const { came, read } of of('stream')) expect([came, read]).toEqual([20, 20])
    const [http, websocket] = of('slow')
    // Credit holds the server back. Where there is none, it has done all of it before the reader has done the first.
    expect(websocket!.came - websocket!.read).toBeLessThanOrEqual(32)
    expect(http!.came - http!.read).toBeGreaterThan(320)
    expect(http!.workMs).toBeLessThan(websocket!.workMs!)
  })
})

describe('a view', () => {
  test('keeps the last messages, and counts the others', () => {
    const many = Array.from({ length: 500 }, (_, ms): Happening => ({ ms, what: 'in', text: 'x', items: 2 }))
    const { rows, earlier, came } = many.reduce(take, blank)
    expect([rows.length, rows.at(-1)!.ms, earlier, came]).toEqual([200, 499, 300, 1000])
  })
})
