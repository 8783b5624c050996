import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'
import { scenes } from './lab/scenes.ts'
import { steps } from './course.ts'

/** What the pages know of the steps. It is in all of them, so it is no more than they need. */
const shown = steps.map(({ number, folder, title, waiting, part, adds, options = {}, pieces, model }) => {
  const unsaid = { of: undefined, help: undefined, hint: undefined, stands: undefined }
  const offered = Object.entries(options).flatMap(([name, option]) => (option.lab ? [[name, { ...option, ...unsaid }]] : []))
  return { number, folder, title, waiting, part, adds, options: Object.fromEntries(offered) as object, pieces, model }
})

/** Modules that read folders, and what they export. */
const modules = new Map<string, Readonly<Record<string, unknown>>>([
  [pathOf('../../shared/course/src/steps.ts'), { steps: shown }],
  [pathOf('./lab/scenes.ts'), { scenes }],
])

/** Gives the theme as plain data what other modules read from folders: a browser has none. */
export const foldersPlugin: Plugin = {
  name: 'folders',
  load: (id) =>
    Object.entries(modules.get(id) ?? {})
      .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)}`)
      .join('\n') || undefined,
}

/** As Vite writes it: with slashes, on Windows too. */
function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url)).replaceAll('\\', '/')
}
