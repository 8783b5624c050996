/** What the browser keeps of it, as long as the window is open. */
export const projectedKey = 'rpc-steps:projector'

/**
 * Stands in the head of every page, as scripted.ts does: before anything is drawn, `?projector` in the
 * address, or what is remembered, makes it large for a room. theme/projector.ts knows the rest.
 */
export const projected = `
  try {
    if (new URLSearchParams(location.search).has('projector')) sessionStorage.setItem('${projectedKey}', 'on')
    if (sessionStorage.getItem('${projectedKey}')) document.documentElement.classList.add('projector')
  } catch {
    // A window that keeps nothing: it is large as long as the address says so.
    if (/[?&]projector\\b/.test(location.search)) document.documentElement.classList.add('projector')
  }
`
