import { computed, onMounted, onUnmounted, ref } from 'vue'
import type { Ref } from 'vue'
import { projectedKey as key } from '../projected.ts'

/*
 * A page that is shown to a room: large, in full contrast, and without what stands beside the text. It stays
 * so until the window is closed, which is as long as `sessionStorage` lasts.
 */

/** Whether it is, now. */
const isProjected = ref(false)

/** Whether the page is shown to a room; not before a component has taken over what the server sent, who does not know. */
export function useProjected(): Readonly<Ref<boolean>> {
  const taken = ref(false)
  onMounted(() => (taken.value = true))
  return computed(() => taken.value && isProjected.value)
}

/** Turns it on or off. On is on the full screen, where the browser lets us have that. */
export async function project(on: boolean): Promise<void> {
  isProjected.value = on
  document.documentElement.classList.toggle('projector', on)
  try {
    if (on) sessionStorage.setItem(key, 'on')
    else sessionStorage.removeItem(key)
  } catch {
    // It is forgotten with the page.
  }
  try {
    if (on) await document.documentElement.requestFullscreen()
    else if (document.fullscreenElement) await document.exitFullscreen()
  } catch {
    // It is large, and in its window.
  }
}

/** What a key means to a timeline; false when it means nothing there. */
type OnKey = (event: KeyboardEvent) => boolean

const stages = new Map<() => Element | null, OnKey>()

/** The keys of a page that is shown are for the timeline in the middle of the screen, wherever the focus is. */
export function useProjectedKeys(stage: () => Element | null, onKey: OnKey): void {
  onMounted(() => stages.set(stage, onKey))
  onUnmounted(() => stages.delete(stage))
}

/** Listens as long as the page lives. */
export function useProjector(): void {
  onMounted(() => {
    isProjected.value = document.documentElement.classList.contains('projector')
    const onKeyDown = (event: KeyboardEvent) => {
      const target = event.target instanceof Element ? event.target : undefined
      // What has keys of its own goes first, and so does a player that has the focus.
      if (!isProjected.value || event.defaultPrevented || target?.closest('input, select, textarea, button, a, summary, .player')) return
      if (inTheMiddle()?.(event)) event.preventDefault()
    }
    // Whoever leaves the full screen with the escape key has seen enough.
    const onFullscreen = () => !document.fullscreenElement && isProjected.value && void project(false)
    window.addEventListener('keydown', onKeyDown)
    document.addEventListener('fullscreenchange', onFullscreen)
    onUnmounted(() => {
      window.removeEventListener('keydown', onKeyDown)
      document.removeEventListener('fullscreenchange', onFullscreen)
    })
  })
}

/** The keys of the timeline that has most of the middle of the screen. */
function inTheMiddle(): OnKey | undefined {
  const middle = innerHeight / 2
  const found = [...stages].flatMap(([stage, onKey]) => {
    const box = stage()?.getBoundingClientRect()
    if (!box || box.height === 0 || box.bottom < innerHeight / 4 || box.top > (innerHeight * 3) / 4) return []
    return [{ onKey, far: Math.abs((box.top + box.bottom) / 2 - middle) }]
  })
  return found.sort((a, b) => a.far - b.far)[0]?.onKey
}
