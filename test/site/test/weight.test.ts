import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { addresses } from '../src/site.ts'
import { test } from '../src/test.ts'
import { heaviest, weighScripts } from '../src/weight.ts'

// Each page is weighed where it is looked at: pages.test.ts.
test('a page that is too heavy is found out', async ({ open }) => {
  const [name] = addresses().filter((address) => address.startsWith('/steps/'))
  const big = `/* ${randomBytes(160_000).toString('base64')} */`
  let weighed: ReturnType<typeof weighScripts>
  await open(name!, {
    before: async (page) => {
      weighed = weighScripts(page)
      await page.route('**/assets/app.*.js', async (route) => {
        const answer = await route.fetch()
        await route.fulfill({ response: answer, body: `${await answer.text()}\n${big}` })
      })
    },
  })
  expect((await weighed!()).weight).toBeGreaterThan(heaviest)
})
