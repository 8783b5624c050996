import type { Page } from 'playwright-core'

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
