import { onMounted, onUnmounted, watch } from 'vue'

/**
 * Calls `frame` before the browser paints, as long as `active` says so, with the milliseconds
 * since the time before.
 */
export function useFrames(active: () => boolean, frame: (elapsed: number) => void): void {
  let request = 0
  let before: number | undefined
  const next = (time: number) => {
    request = requestAnimationFrame(next)
    if (before !== undefined) frame(time - before)
    before = time
  }
  const stop = () => {
    cancelAnimationFrame(request)
    before = undefined
  }
  onMounted(() =>
    watch(
      active,
      (on) => {
        stop()
        if (on) request = requestAnimationFrame(next)
      },
      { immediate: true },
    ),
  )
  onUnmounted(stop)
}
