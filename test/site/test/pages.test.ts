import { describe } from 'vitest'
import type { ExpectStatic } from 'vitest'
import type { Page } from 'playwright-core'
import { steps } from '../../../docs/.vitepress/course.ts'
import { violations } from '../src/axe.ts'
import { tour } from '../src/keyboard.ts'
import { excess, follow, narrow, scheme, scrolledTo, wake, watch } from '../src/page.ts'
import { addresses, byHand, fewest, fullest, partsOf, titleOf } from '../src/site.ts'
import { test } from '../src/test.ts'
import type { Open } from '../src/test.ts'
import { spokenOf, walk } from '../src/walk.ts'
import { heaviest, weighScripts } from '../src/weight.ts'

// The last three are made from the source, as a hundred others, and have what is in any of those.
const full = [...fullest(), '/api/', '/api/@rpc-steps/wire.html', '/source/shared/wire/src/framer.ts.html']
const rest = addresses().filter((address) => !full.includes(address))
const withWords = byHand()
const words = rest.filter((address) => withWords.includes(address))
const fromSource = rest.filter((address) => !words.includes(address))

/** Opens a page on a wide screen, and weighs what it asks for. */
async function weighed(open: Open, address: string, expect: ExpectStatic) {
  let scripts: ReturnType<typeof weighScripts>
  const page = await open(address, {
    colorScheme: 'dark',
    before: async (page) => void (scripts = weighScripts(page)),
  })
  const { count, weight, list } = await scripts!()
  expect(count).toBeGreaterThan(1)
  expect(weight, list).toBeLessThan(heaviest)
  return page
}

const chapters = steps.map(({ folder }) => `/steps/${folder}.html`)

/** Reads a chapter to its end: the code beside the text must follow. */
async function follows(page: Page, address: string, expect: ExpectStatic) {
  if (!chapters.includes(address)) return
  const spoken = await spokenOf(page)
  expect(spoken.length).toBeGreaterThan(4)
  expect(await page.evaluate(walk, { spoken, patience: 20_000 })).toEqual(spoken.map(({ place }) => `${place}, seen`))
  await scrolledTo(page, 0)
}

// Each is opened once, since to open it takes as long as a look at it.
describe.concurrent('looked at in full, as a reader with a mouse or with the Tab key alone, wide and narrow', () => {
  test.for(full)('%s', async (address, { open, expect }) => {
    const page = await weighed(open, address, expect)
    await wake(page)
    expect(await excess(page), 'pixels too wide').toBeLessThanOrEqual(0)
    expect(await violations(page)).toEqual([])
    await scheme(page, 'light')
    expect(await violations(page, 'colours')).toEqual([])
    await follows(page, address, expect)
    expect(faultsOf(await tour(page))).toEqual([])

    await page.setViewportSize(narrow)
    await scrolledTo(page, 0)
    expect(await excess(page), 'pixels too wide, narrow').toBeLessThanOrEqual(0)
    expect(await violations(page), 'narrow').toEqual([])
    // What is reached in another order, or not at all, is the frame; that is the same on all of a kind.
    if (firstOfKind(address)) expect(faultsOf(await tour(page)), 'narrow').toEqual([])
  })
})

/** Whether it is the first page of its folder, or has none like it. */
function firstOfKind(address: string): boolean {
  const kind = (one: string) => one.split('/')[1]
  return full.find((other) => kind(other) === kind(address)) === address
}

function faultsOf({ stops, missed }: Awaited<ReturnType<typeof tour>>): string[] {
  const faults = stops.flatMap(({ what, faults }) => faults.map((fault) => `${what} ${fault}`))
  if (stops.length <= 2) faults.push(`only ${stops.length} can be reached`)
  return [...faults, ...missed.map((what) => `${what} is not reached`)]
}

describe.concurrent('has nothing that no other page has; opens, is light, fits, and names what it has', () => {
  test.for(words)('%s', async (address, { open, expect }) => {
    const page = await weighed(open, address, expect)
    await follows(page, address, expect)
    expect(await excess(page), 'pixels too wide').toBeLessThanOrEqual(0)
    await page.setViewportSize(narrow)
    await scrolledTo(page, 0)
    expect(await excess(page), 'pixels too wide, narrow').toBeLessThanOrEqual(0)
    expect(await violations(page, 'all but colours')).toEqual([])
  })
})

// There are more than a hundred.
test('each page made from the source is there without a fault, and fits a narrow screen', { timeout: 300_000 }, async ({ open, expect }) => {
  const page = await open('/about.html', { viewport: narrow, colorScheme: 'dark' })
  const tooWide: string[] = []
  expect(fromSource.length).toBeGreaterThan(100)
  for (const address of fromSource) {
    await follow(page, address, titleOf(address))
    if ((await excess(page)) > 0) tooWide.push(address)
  }
  expect(tooWide).toEqual([])
})

test('the fullest of a kind are the fewest that have all of it', ({ expect }) => {
  expect(partsOf('<p class="a _own"><b><i class="b c" style="--shiki-light:#111;--shiki-dark:#222">')).toEqual(
    new Set(['p.a', 'b.', 'i.b', 'i.c', '--shiki-light:#111', '--shiki-dark:#222']),
  )
  const pages = { one: 'abc', some: 'cde', most: 'abcd', same: 'abcd', none: '' }
  const parts = Object.entries(pages).map(([name, letters]) => [name, new Set(letters)] as const)
  expect(fewest(new Map(parts))).toEqual(['most', 'some'])
})

test('a page with faults is found out', async ({ open, host, expect }) => {
  const page = await open('/about.html', { viewport: narrow, faulty: true })
  const problems = watch(page, host)
  await page.evaluate(async () => {
    const main = document.querySelector('main')!
    main.insertAdjacentHTML(
      'beforeend',
      `<p style="width: 600px; color: #777; background: #888">pale and wide</p><input />
      <style>.dark .late { color: #333; background: #222 }</style><p class="late">pale at night</p>`,
    )
    console.error('an error')
    console.warn('a warning')
    setTimeout(() => {
      throw new Error('thrown late')
    })
    await fetch('http://127.0.0.1:9/elsewhere').catch(() => {})
  })
  await expect.poll(() => problems).toHaveLength(5)
  expect(problems.sort()).toEqual([
    '/about.html asks http://127.0.0.1:9/elsewhere',
    expect.stringContaining('/about.html logs Failed to load resource'),
    '/about.html logs an error',
    '/about.html throws thrown late',
    '/about.html warns a warning',
  ])
  expect(await excess(page)).toBeGreaterThan(100)
  const rules = (await violations(page)).map((found) => found.split(':')[0])
  expect(new Set(rules)).toEqual(new Set(['color-contrast', 'label']))
  await scheme(page, 'dark')
  expect(await violations(page, 'colours')).toContainEqual(expect.stringContaining('.late'))
})
