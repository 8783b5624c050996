import { onMounted, onUnmounted, ref, shallowRef, watch } from 'vue'
import type { Ref, ShallowRef } from 'vue'
import { useFrames } from './frames.ts'
import { begin, hop, pause, tick } from './playback.ts'
import type { Playback, Score } from './playback.ts'

/** A change of a player's state, as the functions of playback.ts are. */
export type Change = (state: Playback, score: Score) => Playback

export interface Player {
  state: Readonly<ShallowRef<Playback>>
  act: (change: Change) => void
  /** The page is alive. */
  ready: Readonly<Ref<boolean>>
}

/** Without motion each event stays so long, in milliseconds. */
const beat = 800

/**
 * Plays a score with the browser's clock, and pauses when nobody can see the stage. A new score
 * begins untouched.
 */
export function usePlayer(
  score: () => Score,
  stage: Readonly<ShallowRef<Element | null>>,
): Player {
  const state = shallowRef(begin(score()))
  watch(score, (now) => (state.value = begin(now)))
  const act = (change: Change) => {
    state.value = change(state.value, score())
  }

  const ready = ref(false)
  /** Matches when the reader does not want motion: play then goes from event to event. */
  let still: MediaQueryList | undefined
  let waited = 0
  useFrames(
    () => state.value.playing,
    (elapsed) => {
      if (!still?.matches) return act((state, score) => tick(state, score, elapsed))
      waited += elapsed
      if (waited < beat) return
      waited = 0
      act(hop)
    },
  )

  let cleanUp: (() => void) | undefined
  onMounted(() => {
    ready.value = true
    still = matchMedia('(prefers-reduced-motion: reduce)')
    const onHidden = () => document.hidden && act(pause)
    const seen = new IntersectionObserver(([entry]) => {
      if (entry && !entry.isIntersecting) act(pause)
    })
    document.addEventListener('visibilitychange', onHidden)
    if (stage.value) seen.observe(stage.value)
    cleanUp = () => {
      document.removeEventListener('visibilitychange', onHidden)
      seen.disconnect()
    }
  })
  onUnmounted(() => cleanUp?.())
  return { state, act, ready }
}
