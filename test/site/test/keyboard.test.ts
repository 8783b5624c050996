import { describe } from 'vitest'
import { tour } from '../src/keyboard.ts'
import { narrow, wake, wide } from '../src/page.ts'
import { byHand } from '../src/site.ts'
import { test } from '../src/test.ts'

describe.concurrent('the Tab key reaches all that can be used, in order and in sight', () => {
  for (const [size, viewport] of Object.entries({ wide, narrow })) {
    test.for(byHand())(`%s, ${size}`, async (address, { open, expect }) => {
      const page = await open(address, { viewport })
      await wake(page)
      const { stops, missed } = await tour(page)
      expect(stops.length).toBeGreaterThan(2)
      const faults = stops.flatMap(({ what, faults }) => faults.map((fault) => `${what} ${fault}`))
      expect(faults).toEqual([])
      expect(missed).toEqual([])
    })
  }
})

test('a page that is hard on the keyboard is found out', async ({ open, expect }) => {
  const page = await open('/about.html')
  await page.setContent(`<a href="#1" tabindex="2">two</a><a href="#2" tabindex="1">one</a>
    <button style="outline: none">plain</button><a href="#3" tabindex="-1">never</a>
    <a href="#4" style="position: absolute; left: -100px">away</a>`)
  const { stops, missed } = await tour(page)
  expect(stops).toEqual([
    { what: 'a "one"', faults: [] },
    { what: 'a "two"', faults: ['comes after a "one", and stands before it'] },
    { what: 'button "plain"', faults: ['does not show that it has the focus'] },
    { what: 'a "away"', faults: ['is out of sight'] },
  ])
  expect(missed).toEqual(['a "never"'])

  await page.setContent('<button onblur="setTimeout(() => this.focus())">trap</button><a href="#">b')
  await page.evaluate(() => {
    addEventListener('keydown', (event) => {
      const next = document.createElement('button')
      document.body.append(next)
      next.focus()
      event.preventDefault()
    })
  })
  await expect(tour(page, 20)).rejects.toThrow('Tab does not leave the page')
})
