import { expect, test } from 'vitest'
import fc from 'fast-check'
import { fieldsOf, planOf } from '../.vitepress/theme/lab/fields.ts'
import { scenes } from '../lab/scenes.ts'
import { bounds, ownOption, planFrom, queryOf, readPlan, selectors } from '../lab/plan.ts'
import { steps } from '../.vitepress/course.ts'

const within = ([min, max]: readonly [number, number]) => fc.integer({ min, max })
const plans = fc
  .record({
    step: fc.constantFrom(...steps.map(({ number }) => number)),
    clients: within(bounds.clients),
    calls: within(bounds.calls),
    latency: fc.oneof(within(bounds.latency), fc.constant('pages')),
    // A zero is what a step without threads has; the form does not tell it from nothing.
    threads: within([1, bounds.threads[1]]),
    selector: fc.constantFrom(...selectors),
    limit: within(bounds.limit),
  })
  .map(({ threads, selector, limit, ...plan }) => {
    const own = ownOption[plan.step]
    return readPlan(own ? { ...plan, [own]: { threads, selector, limit }[own] } : plan)
  })

test('form and address hold any plan', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      expect(planOf(fieldsOf(plan)).plan).toEqual(plan)
      expect(planFrom(queryOf(plan), scenes['01-five-fetches']!)).toEqual({ plan, wrong: [] })
    }),
  )
})

test('what a step has no option for, is left out', () => {
  const fields = { ...fieldsOf(scenes['01-five-clients-threads']!), selector: 'poll', limit: 3 as const }
  expect(planOf(fields).plan).toMatchObject({ threads: 5 })
  expect(planOf({ ...fields, step: '02' }).plan).toEqual(scenes['02-five-clients'])
  expect(planOf({ ...fields, threads: 0 }).plan).toEqual(scenes['01-five-clients'])
})

test('an empty field is no plan, and says why', () => {
  expect(planOf({ ...fieldsOf(scenes['02-five-clients']!), calls: '' })).toEqual({
    why: 'calls must be a whole number from 1 to 50',
  })
})
