import { describe } from 'vitest'
import type { Page } from 'playwright-core'
import { steps } from '../../../docs/.vitepress/course.ts'
import { htmlOf } from '../src/site.ts'
import { test } from '../src/test.ts'

const chapter = '/steps/01-blocking-sockets.html'

function questionsOf(page: Page) {
  return page.locator('form', { has: page.getByRole('group') })
}

describe.concurrent('a question to predict', () => {
  test.for(steps)('is asked at least three times in step $number', ({ folder }, { expect }) => {
    expect(htmlOf(`/steps/${folder}.html`).match(/<fieldset\b/g)?.length).toBeGreaterThanOrEqual(3)
  })

  test('says why, whatever one has chosen, and asks again', async ({ open, expect }) => {
    const page = await open(chapter)
    const question = questionsOf(page).first()
    const options = question.getByRole('radio')
    const verdict = question.getByRole('status')
    const verdicts: string[] = []
    for (const option of await options.all()) {
      await expect.poll(async () => (await verdict.innerText()).trim()).toBe('')
      await option.check()
      await question.getByRole('button', { name: 'Check' }).click()
      await expect.poll(() => verdict.innerText()).toMatch(/^(Right|Not so)\. \S+ \S+/)
      verdicts.push(await verdict.innerText())
      await question.getByRole('button', { name: 'Ask me again' }).click()
    }
    expect(verdicts.filter((text) => text.startsWith('Right'))).toHaveLength(1)
    expect(new Set(verdicts).size).toBe(await options.count())
  })

  test('is answered with the keyboard alone, and remembered', async ({ open, expect }) => {
    const page = await open(chapter)
    const question = questionsOf(page).first()
    await question.getByRole('radio').first().focus()
    await page.keyboard.press('Space')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    const verdict = () => question.getByRole('status').innerText()
    await expect.poll(verdict).toMatch(/^(Right|Not so)/)
    const said = await verdict()
    await page.reload()
    await expect.poll(verdict).toBe(said)
    await expect(question.getByRole('radio').nth(1).isChecked()).resolves.toBe(true)
  })

  test('has its answer without JavaScript', async ({ open, expect }) => {
    const page = await open(chapter, { javaScriptEnabled: false })
    const question = questionsOf(page).first()
    await question.locator('summary').click()
    await expect(question.locator('details p').innerText()).resolves.toMatch(/\w+/)
  })
})
