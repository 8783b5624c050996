import type { Page } from 'playwright-core'

export const wide = { width: 1280, height: 800 }
export const narrow = { width: 390, height: 800 }

/** Waits until Vue has taken over the page that the server sent. */
export async function hydrated(page: Page): Promise<void> {
  await page.waitForFunction(() => '__vue_app__' in (document.querySelector('#app') ?? {}))
}

/** Those parts of a page that come alive when their scripts are there, and have not done so yet. */
const asleep = ['.timeline .tools:not(.ready)', 'div.run:not(.ready) > .bar', ':is(form, .own)[inert]']
/** What loads its scripts only when it comes on the screen. */
const lazy = ':is(.explorer, .arrivals, .limits, .calls)'

/** Waits until all of a page has come alive that does so by itself. */
export async function alive(page: Page): Promise<void> {
  await hydrated(page)
  const others = `:is(${asleep.join()}):not(${lazy} *)`
  await page.waitForFunction((others) => !document.querySelector(others), others)
}

/** Brings to life also what waits until it is on the screen, and goes back to the top. */
export async function wake(page: Page): Promise<void> {
  const parts = await page.locator(lazy).all()
  if (parts.length === 0) return
  for (const part of parts) {
    await part.scrollIntoViewIfNeeded()
    await part.locator('form:not([inert])').waitFor({ state: 'attached' })
  }
  await page.waitForFunction((all) => !document.querySelector(all), asleep.join())
  await scrolledTo(page, 0)
}

/** Writes down what a page does that no page of this site may do. */
export function watch(page: Page, origin: string): string[] {
  const problems: string[] = []
  const note = (problem: string) => problems.push(`${new URL(page.url()).pathname} ${problem}`)
  page.on('pageerror', (error) => note(`throws ${error.message}`))
  page.on('console', (message) => {
    const asked = message.location().url === page.url() && page.url().endsWith('/404.html')
    if (message.type() === 'error' && !asked) note(`logs ${message.text()}`)
    if (message.type() === 'warning') note(`warns ${message.text()}`)
  })
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(`${origin}/`) && !/^(?:data|blob):/.test(url)) note(`asks ${url}`)
  })
  return problems
}

/** How many pixels the page is wider than the screen. */
export function excess(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
}

/** Changes the colour scheme, and waits until the page has followed. */
export async function scheme(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme })
  await page.waitForFunction(
    (dark) => document.documentElement.classList.contains('dark') === dark,
    colorScheme === 'dark',
  )
}

/** Scrolls the page so that its line `y` is at the top, and waits until it is drawn there. */
export async function scrolledTo(page: Page, y: number): Promise<void> {
  await page.evaluate(
    (y) =>
      new Promise<void>((resolve) => {
        scrollTo({ top: y, behavior: 'instant' })
        requestAnimationFrame(() => requestAnimationFrame(() => resolve()))
      }),
    y,
  )
}

/** Goes to another page as a reader does who follows a link: the browser does not begin anew. */
export async function follow(page: Page, address: string, title: string): Promise<void> {
  await page.evaluate((address) => {
    const link = document.createElement('a')
    link.href = address
    document.body.append(link)
    link.click()
    link.remove()
  }, address)
  await page.waitForFunction((title) => document.title === title && document.querySelector('main h1'), title)
}
