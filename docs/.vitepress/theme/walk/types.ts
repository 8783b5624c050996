import { onMounted, onUnmounted } from 'vue'

/** Lets Escape close the type that is shown, until the pointer or the focus has gone elsewhere. */
export function useTypes(): void {
  const close = ({ key }: KeyboardEvent) => {
    if (key !== 'Escape') return
    for (const button of document.querySelectorAll('button.typed:is(:hover, :focus)')) {
      button.setAttribute('data-closed', '')
      const open = () => button.removeAttribute('data-closed')
      for (const event of ['pointerleave', 'blur']) {
        button.addEventListener(event, open, { once: true })
      }
    }
  }
  onMounted(() => document.addEventListener('keydown', close))
  onUnmounted(() => document.removeEventListener('keydown', close))
}
