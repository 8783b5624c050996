import type { Page } from 'playwright-core'

/** Where the Tab key has led, in order. */
interface Stop {
  /** The tag and the name of the element, for people. */
  what: string
  faults: string[]
}

/** What one finds who goes through a page with the Tab key alone. */
export interface Tour {
  stops: Stop[]
  /** What can be used with a mouse and was never reached. */
  missed: string[]
}

/**
 * Presses Tab from the top of the page until it has come round, at most `most` times. A press that
 * leads nowhere is not the end: what had the focus may have been made anew.
 */
export async function tour(page: Page, most = 1000): Promise<Tour> {
  await page.evaluate(prepare)
  const stops: Stop[] = []
  for (let pressed = 0; pressed < most; pressed++) {
    await page.keyboard.press('Tab')
    const stop = await page.evaluate(look)
    if (stop === 'again') return { stops, missed: await page.evaluate(missedOf) }
    if (stop !== 'nowhere') stops.push(stop)
  }
  throw new Error(`Tab does not leave the page; last: ${stops.slice(-3).map(({ what }) => what)}`)
}

// The functions below are passed to the browser as they are, and may use nothing from outside.

function prepare() {
  if ('tools' in window) {
    // After another tour Tab goes on from where that ended, even when nothing has the focus.
    const top = document.createElement('span')
    top.tabIndex = -1
    document.body.prepend(top)
    top.focus({ preventScroll: true })
    top.remove()
  }
  const tools = {
    before: document.body as Element,
    seen: new Set<Element>(),
    nameOf(element: Element) {
      const text = element.getAttribute('aria-label') ?? element.textContent ?? ''
      return `${element.tagName.toLowerCase()} "${text.replace(/\s+/g, ' ').trim().slice(0, 40)}"`
    },
  }
  Object.assign(window, { tools })
  ;(document.activeElement as HTMLElement | null)?.blur()
}

async function look() {
  const { tools } = window as unknown as { tools: Tools }
  interface Tools {
    before: Element
    seen: Set<Element>
    nameOf: (element: Element) => string
  }
  const element = document.activeElement
  if (!element || element === document.body) return 'nowhere'
  if (tools.seen.has(element)) return 'again'
  // A reader is slower than this, and sees the panel follow before they go on.
  const step = element.closest<HTMLElement>('[data-step]')
  const panel = step?.closest('.walk')?.querySelector('.walk-panel')
  for (const late = performance.now() + 10_000; panel?.checkVisibility() && performance.now() < late; ) {
    if (panel.querySelector('.sheet')?.ariaLabel === step?.dataset['file']) break
    await new Promise(requestAnimationFrame)
  }
  const faults: string[] = []
  if (tools.before.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_PRECEDING) {
    faults.push(`comes after ${tools.nameOf(tools.before)}, and stands before it`)
  }
  const box = element.getBoundingClientRect()
  const onScreen =
    box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth
  if (!onScreen || box.width === 0 || box.height === 0) faults.push('is out of sight')
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element)
  const ring = outlineStyle !== 'none' && parseFloat(outlineWidth) > 0
  if (!ring && boxShadow === 'none') faults.push('does not show that it has the focus')
  tools.before = element
  tools.seen.add(element)
  return { what: tools.nameOf(element), faults }
}

function missedOf() {
  const { tools } = window as unknown as {
    tools: { seen: Set<Element>; nameOf: (element: Element) => string }
  }
  // The panel beside the text makes its lines anew when it has shown another file meanwhile.
  const gone = new Set([...tools.seen].filter((one) => !one.isConnected).map(tools.nameOf))
  const usable = 'a[href], button, input, select, textarea, summary, [role=button], [onclick]'
  return [...document.querySelectorAll<HTMLElement>(usable)]
    .filter((element) => !tools.seen.has(element))
    .filter((element) => element.checkVisibility({ visibilityProperty: true }))
    .filter((element) => !element.matches(':disabled') && !element.closest('[inert]'))
    .filter((element) => {
      // Of a group of radio buttons, Tab reaches one; arrow keys do the rest.
      if (!(element instanceof HTMLInputElement) || element.type !== 'radio') return true
      return ![...tools.seen].some(
        (other) => other instanceof HTMLInputElement && other.name === element.name,
      )
    })
    .map(tools.nameOf)
    .filter((name) => !gone.has(name))
}
