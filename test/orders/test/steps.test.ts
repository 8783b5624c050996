import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { told } from '../src/draw.ts'
import { find } from '../src/find.ts'
import type { Bound } from '../src/find.ts'
import { replay, wordOf } from '../src/order.ts'
import { inWrongVersion, scenariosOf, subjects, wrongVersions } from '../src/subject.ts'

/** A second or two for each step. */
const bound: Bound = { deviations: 2, orders: 350, random: 30, seed: 1 }

describe.each(subjects.map((step) => ({ name: step.folder, step })))('$name', ({ step }) => {
  it('is right in every order within a bound', async () => {
    const scenarios = await scenariosOf(step)
    const { searches, found } = await find(scenarios, bound)
    expect(found && told(scenarios, found)).toBeUndefined()
    for (const { tried, deviations } of searches) {
      expect(tried).toBeGreaterThan(bound.random)
      expect(deviations).toBeGreaterThanOrEqual(0)
    }
  })

  // What the chapter shows of them, in files that are recorded.
  const traces = fileURLToPath(new URL(`../../../docs/steps/${step.folder}/traces/`, import.meta.url))
  const shown = wrongVersions(step).flatMap((bug) => {
    const file = `${traces}${step.number}-order-${bug.name}.txt`
    return existsSync(file) ? [{ name: bug.name, bug, text: readFileSync(file, 'utf8').replaceAll('\r', '') }] : []
  })

  it('shows an order for nothing but its wrong versions', () => {
    const orders = existsSync(traces) ? readdirSync(traces).filter((file) => file.includes('-order-')) : []
    expect(orders.sort()).toEqual(shown.map(({ name }) => `${step.number}-order-${name}.txt`).sort())
  })

  it.each(shown)('$name is found, as short as the chapter shows it, and can be played again', async ({ bug, text }) => {
    await inWrongVersion(bug, async (scenarios) => {
      const { found } = await find(scenarios, { ...bound, orders: 4_000 })
      expect(`${told(scenarios, found!)}\n`).toBe(text)
      const again = await replay(scenarios, wordOf(found!))
      expect(`${told(scenarios, again)}\n`).toBe(text)
    })
  })
})
