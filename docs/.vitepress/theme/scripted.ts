import type { Router } from 'vitepress'

/** Shows the page as it is without JavaScript: a part of its scripts did not arrive. */
function giveUp(): void {
  document.documentElement.classList.remove('scripted')
}

/** Waits for a script that all of the page depends on. */
export function needed<T>(script: Promise<T>): Promise<T> {
  return script.catch((error: unknown) => {
    giveUp()
    throw error
  })
}

/**
 * Keeps a text whose own script does not arrive. The router takes that for a page that does not
 * exist, and would say so in the place of the text that the server sent.
 */
export function keepText(router: Router): void {
  let first = true
  router.onAfterRouteChange = async () => {
    const opening = first
    first = false
    if (!router.route.data.isNotFound) {
      document.documentElement.classList.add('scripted')
    } else if (!opening) {
      // The server has the text, or knows that there is none.
      location.reload()
    } else if (document.querySelector('#app')?.hasChildNodes()) {
      giveUp()
      router.onBeforeRouteChange = (href) => {
        location.assign(href)
        return false
      }
      // The page is taken over when this is done: never.
      await new Promise(() => {})
    }
  }
}
