import { tour } from '../src/keyboard.ts'
import { test } from '../src/test.ts'

// Where the Tab key leads on each page is asked in pages.test.ts.
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
