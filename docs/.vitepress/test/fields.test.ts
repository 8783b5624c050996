import { expect, test } from 'vitest'
import fc from 'fast-check'
import { fieldsOf, planOf } from '../theme/lab/fields.ts'
import { scenes } from '../lab/scenes.ts'
import { bounds, boundsOf, offeredBy, planFrom, queryOf, readPlan } from '../lab/plan.ts'
import type { Offered } from '../lab/plan.ts'
import { steps } from '../course.ts'

const within = ([min, max]: readonly [number, number]) => fc.integer({ min, max })
/** Any value of an option, but a 0: the form does not tell it from nothing. */
const valueOf = (option: Offered) =>
  'choices' in option ? fc.constantFrom(...option.choices) : within(boundsOf(option)!).filter((n) => n > 0)
const plans = fc.constantFrom(...steps.map(({ number }) => number)).chain((step) =>
  fc
    .record({
      plan: fc.record({
        clients: within(bounds.clients),
        calls: within(bounds.calls),
        latency: fc.oneof(within(bounds.latency), fc.constant('pages')),
      }),
      own: fc.record(
        Object.fromEntries([...offeredBy(step)].map(([name, option]) => [name, valueOf(option)])),
      ),
    })
    .map(({ plan, own }) => readPlan({ step, ...plan, ...own })),
)

test('form and address hold any plan', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      expect(planOf(fieldsOf(plan)).plan).toEqual(plan)
      expect(planFrom(queryOf(plan), scenes['01-five-fetches']!)).toEqual({ plan, wrong: [] })
    }),
  )
})

test('what a step has no option for, is left out', () => {
  const fields = fieldsOf(scenes['01-five-clients-threads']!)
  Object.assign(fields.own, { selector: 'poll', limit: 3 })
  expect(planOf(fields).plan).toMatchObject({ threads: 5 })
  expect(planOf({ ...fields, step: '02' }).plan).toEqual(scenes['02-five-clients'])
  expect(planOf({ ...fields, own: { threads: 0 } }).plan).toEqual(scenes['01-five-clients'])
})

test('an empty field is no plan, and says why', () => {
  expect(planOf({ ...fieldsOf(scenes['02-five-clients']!), calls: '' })).toEqual({
    why: 'calls must be a whole number from 1 to 50',
  })
})
