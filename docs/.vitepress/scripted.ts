/**
 * Stands in the head of every page, so it runs before anything is drawn. The class `scripted` says
 * that the page's scripts are here, or may still come: only then does it show what works with them,
 * and takes the code out of the text. They may fail to arrive, or hang: a page that has not come
 * alive after so long is shown as it is without JavaScript. theme/scripted.ts knows the rest.
 */
export const scripted = `
  const root = document.documentElement
  const alive = () => '__vue_app__' in (document.querySelector('#app') ?? {})
  const giveUp = () => alive() || root.classList.remove('scripted')
  root.classList.add('scripted')
  addEventListener('error', ({ target }) => target.tagName === 'SCRIPT' && giveUp(), true)
  setTimeout(giveUp, 10000)
`
