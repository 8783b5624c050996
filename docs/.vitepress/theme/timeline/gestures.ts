import type { ShallowRef } from 'vue'
import { pan, pause, seek, zoom } from './playback.ts'
import type { Player } from './player.ts'

/** A pointer that has moved less, in pixels, means the place and not the way. */
const click = 4

/**
 * What a pointer does on a stage that holds a picture. A click moves the playhead; dragging pans a
 * picture that is larger than the stage, and else takes the playhead along.
 *
 * By hand: a gesture library brings more code than stands here, and this one is tested as a reader uses it.
 */
export function useGestures(
  { state, act }: Player,
  stage: Readonly<ShallowRef<HTMLElement | null>>,
  enabled: () => boolean,
) {
  const box = () => stage.value?.querySelector('.picture')?.getBoundingClientRect()
  const timeAt = (x: number) => {
    const { left = 0, width = 0 } = box() ?? {}
    const { from, to } = state.value.view
    return width > 0 ? from + ((x - left) / width) * (to - from) : from
  }
  let held: { x: number; moved: boolean } | undefined

  return {
    pointerdown({ button, clientX: x }: PointerEvent) {
      if (button === 0 && enabled()) held = { x, moved: false }
    },
    pointermove({ clientX: x, pointerId }: PointerEvent) {
      if (!held || (!held.moved && Math.abs(x - held.x) < click)) return
      if (!held.moved) stage.value?.setPointerCapture(pointerId)
      const share = (held.x - x) / (box()?.width || 1)
      held = { x, moved: true }
      act((state, score) => {
        const whole = state.view.to - state.view.from >= score.duration
        return whole ? seek(pause(state), score, timeAt(x)) : pan(state, score, share)
      })
    },
    pointerup({ clientX: x }: PointerEvent) {
      if (held && !held.moved) act((state, score) => seek(state, score, timeAt(x)))
      held = undefined
    },
    pointercancel() {
      held = undefined
    },
    wheel(event: WheelEvent) {
      // A pinch on a touch pad arrives as a wheel with the control key.
      if (!event.ctrlKey || !enabled()) return
      event.preventDefault()
      const factor = 2 ** (event.deltaY / 100)
      act((state, score) => zoom(state, score, factor, timeAt(event.clientX)))
    },
  }
}
