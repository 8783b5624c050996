import { onContentUpdated, useData } from 'vitepress'
import { onMounted, onUnmounted, shallowRef, watch } from 'vue'
import { chapterOf, reading, steps } from '../course.ts'
import { forget, keep, recall } from './store.ts'

/** How far a page was read. A page that was never opened has no mark. */
export type Mark = 'opened' | 'read'

/** Marks by page, such as `steps/NAME`. */
export type Progress = Readonly<Record<string, Mark>>

/** What a mark is called. */
export const words: Readonly<Record<Mark, string>> = { opened: 'begun', read: 'read to the end' }

/** Keeps of what was found in the browser only what this course has. */
export function sound(found: unknown): Progress {
  const given = Object(found) as Record<string, unknown>
  return Object.fromEntries(
    reading.flatMap(({ page }): [string, Mark][] => {
      const mark = given[page]
      return mark === 'opened' || mark === 'read' ? [[page, mark]] : []
    }),
  )
}

/** Adds a mark; what was read stays read. */
export function marked(progress: Progress, page: string, mark: Mark): Progress {
  return progress[page] === 'read' ? progress : { ...progress, [page]: mark }
}

/**
 * The page to go on with: the first unread one after the furthest that was read, or else the first
 * unread one. Undefined for a reader who has begun none of these pages, or read all of them.
 */
export function goOn(progress: Progress, pages: readonly string[]): string | undefined {
  const read = (page: string) => progress[page] === 'read'
  if (!pages.some(read)) return pages.find((page) => progress[page] === 'opened')
  const after = pages.slice(pages.findLastIndex(read) + 1)
  return [...after, ...pages].find((page) => !read(page))
}

/** The reader's marks. Empty until the page has come alive, because the server cannot know them. */
export const progress = shallowRef<Progress>({})

/** How many chapters of a part were read: "2 of 5". Empty for a reader who has read none. */
export function inPart(part: string): string {
  const pages = steps.filter((step) => step.part === part).map(chapterOf)
  const read = pages.filter(({ page }) => progress.value[page] === 'read').length
  return read > 0 ? `${read} of ${pages.length} read` : ''
}

/** Forgets everything that the site has kept in this browser. */
export function forgetAll(): void {
  forget()
  progress.value = {}
}

/** Follows the reader: to be called once, by the layout. */
export function useProgress(): void {
  const { page } = useData()
  let end: IntersectionObserver | undefined

  function follow() {
    end?.disconnect()
    const here = page.value.relativePath.replace(/\.md$/, '')
    if (reading.some(({ page }) => page === here)) {
      add(here, 'opened')
      // The first of them on the page: a chapter's last section, or what comes after the text.
      const last = document.querySelector('.vp-doc #next, .VPDocFooter')
      end = new IntersectionObserver((entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) add(here, 'read')
      })
      if (last) end.observe(last)
    }
    showInSidebar()
  }

  onMounted(() => {
    progress.value = sound(recall('progress', {}))
    follow()
  })
  onContentUpdated(follow)
  watch(progress, showInSidebar)
  onUnmounted(() => end?.disconnect())
}

function add(page: string, mark: Mark): void {
  // Another tab may have added some since.
  progress.value = marked(sound(recall('progress', progress.value)), page, mark)
  keep('progress', progress.value)
}

/** The theme takes the sidebar's entries as HTML, so the marks are put in by hand. */
function showInSidebar(): void {
  for (const place of document.querySelectorAll<HTMLElement>('.VPSidebar .count[data-part]')) {
    place.textContent = inPart(place.dataset['part'] ?? '')
  }
  for (const place of document.querySelectorAll<HTMLElement>('.VPSidebar .mark[data-page]')) {
    const mark = progress.value[place.dataset['page'] ?? '']
    place.className = mark ? `mark ${mark}` : 'mark'
    place.title = mark ? words[mark] : ''
    place.innerHTML = mark ? `<span class="visually-hidden">, ${words[mark]}</span>` : ''
  }
}
