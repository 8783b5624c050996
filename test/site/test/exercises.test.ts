import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { start } from '@rpc-steps/cli/processes'
import { allExercises, makeCopy, root } from '@rpc-steps/exercises'
import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished } from 'vitest'
import { bodyIn, withBody } from '../../exercises/src/hole.ts'
import { test } from '../src/test.ts'

const exercise = allExercises().find(({ id }) => id === '05-limit')!
const [{ file, name } = { file: '', name: '' }] = exercise.holes
const chapter = `/steps/${exercise.stepFolder}.html`

function placeIn(page: Page) {
  const place = page.getByRole('region', { name: exercise.title })
  return { place, button: place.getByRole('button', { name: /^Check/ }), told: place.getByRole('status') }
}

/** The site with the lab, and a copy of the exercise that only this test knows. */
async function withCopy() {
  const workplace = mkdtempSync(join(root, '.trials-'))
  const env = { ...process.env, EXERCISES: basename(workplace) }
  const program = start(new URL('../../../docs/.vitepress/programs/serve.ts', import.meta.url), ['--port', '0'], { env })
  onTestFinished(async () => {
    await program.stop()
    rmSync(workplace, { recursive: true, force: true, maxRetries: 5 })
  })
  const copy = join(workplace, exercise.id)
  makeCopy(exercise, copy)
  const [, origin = ''] = await program.printed(/(http:\/\/127\.0\.0\.1:\d+)/)
  return { origin, source: join(copy, file) }
}

describe('an exercise', () => {
  test('has its place in the chapter; where there are only files, the command stands there and no button', async ({ open }) => {
    const { place, button } = placeIn(await open(chapter))
    const text = await place.innerText()
    expect(text).toContain(`npm run exercise -- 05 ${exercise.name} check`)
    expect(text).toContain(`exercises/${exercise.id}/${file}`)
    expect(await button.count()).toBe(0)
  })

  test('is checked by a button, and remembered when it was right', async ({ open }) => {
    const { origin, source } = await withCopy()
    const page = await open(origin + chapter)
    const { place, button, told } = placeIn(page)
    await button.click()
    await expect.poll(() => told.innerText(), { timeout: 60_000 }).toMatch(/^Not yet\. [^]* is not written yet/)
    const ours = bodyIn(readFileSync(join(exercise.folder, file), 'utf8'), name)
    writeFileSync(source, withBody(readFileSync(source, 'utf8'), name, ours))
    await button.click()
    await expect.poll(() => told.innerText(), { timeout: 60_000 }).toMatch(/^Right: /)
    const heading = place.getByRole('heading')
    expect(await heading.innerText()).toMatch(/ done$/)
    // In this browser, whatever the server remembers.
    await page.route('**/*.html', async (route) => {
      const answer = await route.fetch()
      await route.fulfill({ response: answer, body: (await answer.text()).replace(/<meta name="rpc-steps-lab"[^>]*>/, '') })
    })
    await page.reload()
    await expect.poll(() => heading.innerText()).toMatch(/ done$/)
    expect(await button.count()).toBe(0)
  })

  test('that was right in the terminal is done on the site, too', async ({ open }) => {
    const { origin, source } = await withCopy()
    const progress = join(source.slice(0, -file.length), '..', 'progress.json')
    writeFileSync(progress, JSON.stringify({ done: { [exercise.id]: '2026-01-01T00:00:00Z' } }))
    const { place } = placeIn(await open(origin + chapter))
    await expect.poll(() => place.getByRole('heading').innerText()).toMatch(/ done$/)
  })
})
