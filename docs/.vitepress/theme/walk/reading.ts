/** What the reader is at: a source file, and the lines that the text speaks of. */
export interface Place {
  file: string
  first: number
  last: number
}

/** The walk has a panel where this holds, here and in walk.css; elsewhere snippets are in place. */
export const wide = 'screen and (min-width: 80rem)'

/** For readers who want nothing to move. */
export const still = '(prefers-reduced-motion: reduce)'

/** Whatever in a walk can be what is being read, in the order of the page: steps, and what is in them. */
export function stopsOf(walk: HTMLElement): HTMLElement[] {
  const parts = ['[data-step]', '[data-step] > *', '[data-step] [data-lines]']
  return [...walk.querySelectorAll<HTMLElement>(parts.join())]
}

/** The place of a stop: its own lines, or else those of its step. */
export function placeOf(stop: HTMLElement): Place {
  const { file } = stop.closest<HTMLElement>('[data-file]')!.dataset
  const { lines } = stop.closest<HTMLElement>('[data-lines]')!.dataset
  const [first, last] = lines!.split('-').map(Number)
  return { file: file!, first: first!, last: last! }
}

/**
 * Tells which stop stands where one reads: at a line a third of the way down the window, or where
 * the keyboard's focus has gone. Returns a function that ends it.
 */
export function follow(walk: HTMLElement, reading: (stop: HTMLElement) => void): () => void {
  const stops = stopsOf(walk)
  const there = new Set<Element>()
  let current: HTMLElement | undefined
  const go = (stop: HTMLElement | undefined) => {
    if (stop) reading((current = stop))
  }
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) there.add(target)
        else there.delete(target)
      }
      if (holds(walk)) return
      // Of one inside the other the inner one is meant. Between two parts of a step nothing changes.
      const stop = stops.findLast((one) => there.has(one))
      if (!current || !stop?.contains(current)) go(stop)
    },
    { rootMargin: '-33% 0px -66%' },
  )
  for (const stop of stops) observer.observe(stop)
  const focused = ({ target }: FocusEvent) => {
    go(stops.findLast((one) => one.contains(target as Node)))
  }
  walk.addEventListener('focusin', focused)
  return () => {
    observer.disconnect()
    walk.removeEventListener('focusin', focused)
  }
}

/**
 * Whether the keyboard's focus is at a link or button of the text, and on the screen: that is what
 * is read, then. Or in the panel, whose lines must not go away under it. A heading that one has
 * come to by a link has the focus, too, but does not hold it.
 */
function holds(walk: HTMLElement): boolean {
  const one = walk.querySelector<HTMLElement>(':is([data-step], .walk-panel) :focus-visible')
  if (!one || one.tabIndex < 0) return false
  const { top, bottom } = one.getBoundingClientRect()
  return bottom > 0 && top < innerHeight
}

/**
 * How far to scroll a view so that a part of what it shows can be read; all in pixels.
 *
 * @param part its top and bottom, in the scrolled content
 * @param margin what should be seen around the part
 */
export function scrolledTo(
  view: { top: number; height: number },
  part: { top: number; bottom: number },
  margin: number,
): number {
  const height = part.bottom - part.top
  const seen = part.top >= view.top + margin && part.bottom <= view.top + view.height - margin
  if (seen) return view.top
  const room = Math.max(0, view.height - height)
  return Math.max(0, part.top - Math.max(margin, room / 3))
}
