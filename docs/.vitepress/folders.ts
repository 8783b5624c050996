import type { Plugin } from 'vite'
import { steps } from './course.ts'

/** What the pages know of the steps; a browser can read no folders. */
const shown = steps.map(({ number, folder, title, waiting, part, options, model }) => {
  return { number, folder, title, waiting, part, options, model }
})

/** Gives the theme as plain data what is read from folders elsewhere. */
export const foldersPlugin: Plugin = {
  name: 'folders',
  enforce: 'pre',
  resolveId: (id) => (id === '@rpc-steps/course/steps' ? '\0steps' : undefined),
  load: (id) => (id === '\0steps' ? `export const steps = ${JSON.stringify(shown)}` : undefined),
}
