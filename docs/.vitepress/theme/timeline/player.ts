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
  /** The reader does not want motion: play goes from event to event. */
  still: Readonly<Ref<boolean>>
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
  const still = ref(false)
  let waited = 0
  useFrames(
    () => state.value.playing,
    (elapsed) => {
      if (!still.value) return act((state, score) => tick(state, score, elapsed))
      waited += elapsed
      if (waited < beat) return
      waited = 0
      act(hop)
    },
  )

  let cleanUp: (() => void) | undefined
  onMounted(() => {
    ready.value = true
    const motion = matchMedia('(prefers-reduced-motion: reduce)')
    const onMotion = () => (still.value = motion.matches)
    const onHidden = () => document.hidden && act(pause)
    const seen = new IntersectionObserver(([entry]) => {
      if (entry && !entry.isIntersecting) act(pause)
    })
    onMotion()
    motion.addEventListener('change', onMotion)
    document.addEventListener('visibilitychange', onHidden)
    if (stage.value) seen.observe(stage.value)
    cleanUp = () => {
      motion.removeEventListener('change', onMotion)
      document.removeEventListener('visibilitychange', onHidden)
      seen.disconnect()
    }
  })
  onUnmounted(() => cleanUp?.())
  return { state, act, still, ready }
}
