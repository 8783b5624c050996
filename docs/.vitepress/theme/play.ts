import { onMounted, onUnmounted, ref } from 'vue'
import type { Ref } from 'vue'
import { useFrames } from './timeline/frames.ts'

/** A recording that can be played where it stands. */
export interface Play {
  /** Milliseconds of the recording; undefined while all of it is shown. */
  now: Readonly<Ref<number | undefined>>
  /** Whether there is somebody to play it for: a live page, and a reader who does not mind motion. */
  ready: Readonly<Ref<boolean>>
  /** Plays from the beginning, so many times slower than it was. */
  play: (slower: number) => void
}

/**
 * Plays a recording of `duration` milliseconds by itself when `element` first comes on the screen,
 * and shows all of it when it leaves. Never moves by itself for a reader who wants less motion.
 */
export function usePlay(
  element: Readonly<Ref<Element | null>>,
  duration: number,
  slower: number,
): Play {
  const now = ref<number>()
  const ready = ref(false)
  let pace = slower
  let seen = false
  let onScreen: IntersectionObserver | undefined

  useFrames(
    () => now.value !== undefined,
    (elapsed) => {
      const at = now.value! + elapsed / pace
      now.value = at < duration ? at : undefined
    },
  )
  const stop = () => (now.value = undefined)
  function play(slower: number) {
    pace = slower
    now.value = 0
  }

  onMounted(() => {
    if (!element.value || matchMedia('(prefers-reduced-motion: reduce)').matches) return
    ready.value = true
    onScreen = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting) stop()
        else if (!seen && entry.intersectionRatio >= 0.5) {
          seen = true
          play(slower)
        }
      },
      { threshold: [0, 0.5] },
    )
    onScreen.observe(element.value)
  })
  onUnmounted(() => onScreen?.disconnect())
  return { now, ready, play }
}
