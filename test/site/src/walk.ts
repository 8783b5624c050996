import type { Page } from 'playwright-core'

/** What the text speaks of, in the order of the page: the place and where on the page it is. */
export function spokenOf(page: Page) {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.walk [data-lines]')].map((element) => {
      const { file } = element.closest<HTMLElement>('[data-file]')!.dataset
      // A step that begins with a paragraph of its own lines is at that paragraph.
      const own = [...element.children].find((child) => !child.querySelector('[data-lines]'))
      const box = (own ?? element).getBoundingClientRect()
      return { place: `${file} ${element.dataset['lines']}`, at: box.top + scrollY }
    }),
  )
}

/** A place in the source that the text speaks of, and where on the page it does. */
export interface Spoken {
  place: string
  at: number
}

/**
 * Reads from place to place, with so many milliseconds of patience at each, and says of each what stands in
 * the panel then: the file and the lines in focus, and whether the first of them can be seen. All of it in
 * the browser, since to ask it from outside takes most of the time.
 */
export async function walk({ spoken, patience }: { spoken: readonly Spoken[]; patience: number }): Promise<string[]> {
  const frame = () => new Promise(requestAnimationFrame)
  const found: string[] = []
  for (const { place, at } of spoken) {
    // To the line where one reads, a third of the way down.
    scrollTo({ top: at - innerHeight * 0.33 + 4, behavior: 'instant' })
    let now = ''
    for (const late = performance.now() + patience; now !== `${place}, seen` && performance.now() < late; ) {
      await frame()
      const panel = document.querySelector('[aria-label="Source beside the text"]')
      const sheet = panel?.querySelector('.sheet')?.getBoundingClientRect()
      if (!panel || !sheet) continue
      const lines = [...panel.querySelectorAll<HTMLElement>('[data-focus]')]
      const { top, bottom } = lines[0]?.getBoundingClientRect() ?? { top: NaN, bottom: NaN }
      const seen = top >= sheet.top - 1 && bottom <= sheet.bottom + 1
      const text = panel.querySelector<HTMLElement>('.place')!.innerText.replace(/\s+/g, ' ')
      const said = text.replace(/ lines (\d+) to (\d+)$/, ' $1-$2')
      const focus = `${lines[0]?.dataset['line']}-${lines.at(-1)?.dataset['line']}`
      now = `${said}${said.endsWith(` ${focus}`) ? '' : ` but ${focus}`}, ${seen ? 'seen' : 'out of sight'}`
    }
    found.push(now)
  }
  return found
}
