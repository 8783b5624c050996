import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { besidePages } from '../beside.ts'
import { ledger, ledgerOf } from '../costs.ts'
import { recordingOf, steps } from '../course.ts'
import { root } from '../source.ts'
import type { Tables } from '../record/table.ts'
import roundTables from '../../your-language/tables.ts'
import type { Page } from './terms.ts'

/** The tables of all chapters, and of the page about the reader's own language. */
export const tables: Tables = {
  ...Object.fromEntries((await besidePages<Tables>('tables')).flatMap(([, tables]) => Object.entries(tables))),
  ...roundTables,
}

/** What makes the recordings that are no scenes. */
export const commands: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(tables).map(([file, { command }]) => [file, command])),
  'bench.txt': 'npm run bench -- --pin',
}

/** The names of all files that were recorded. */
export function recorded(): string[] {
  const folders = ['docs/traces', ...steps.map(({ folder }) => `docs/steps/${folder}/traces`)]
  // Without what the system puts there, such as the .DS_Store of macOS.
  const files = folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder)))
  return files.filter((file) => !file.startsWith('.')).sort()
}

/** A file that a run has written, the command that runs it again, and the pages that show it. */
export interface Recording {
  file: string
  command: string
  shownIn: Page[]
}

/**
 * Every recording, the points of the model, and the lines of the ledger. Files are relative to `docs`.
 *
 * @throws Error when nobody knows what made a file
 */
export function recordings(pages: readonly Page[]): Recording[] {
  const files = recorded()
  for (const file of Object.keys(commands)) {
    if (!files.includes(file)) throw new Error(`there is no ${recordingOf(file)}`)
  }
  const timelinesAndOutputs = files.map((file) => {
    const trace = file.endsWith('.json') ? file.replace('.json', '') : undefined
    const scene = trace !== undefined && commands[file] === undefined
    const command = scene ? `npm run trace:record -- ${trace}` : commands[file]
    if (command === undefined) throw new Error(`no command makes ${recordingOf(file)}`)
    const shows = ({ path, text }: Page) =>
      // The home page draws the five fetches of every step; the lab plays any, without a server.
      (path === 'index.md' && file.endsWith('-five-fetches.json')) ||
      (path === 'lab.md' && scene) ||
      (trace
        ? [`trace="${trace}"`, `beside="${trace}"`].some((words) => text.includes(words))
        : text.includes(`/traces/${file}{`))
    return { file: recordingOf(file).replace('docs/', ''), command, shownIn: pages.filter(shows) }
  })
  const model = pages.filter(({ path }) => path === 'model.md')
  const points = steps
    .filter((step) => step.model !== undefined)
    .map(({ number, folder }) => ({
      file: `steps/${folder}/points.json`,
      command: `npm run model:record -- ${number}`,
      shownIn: model,
    }))
  const costs = ledger().map(({ step }) => ({
    file: ledgerOf(step).replace('docs/', ''),
    command: `npm run ledger -- --step ${step.number} --record`,
    shownIn: pages.filter(({ path, text }) => path === 'costs.md' || text.includes(`<Cost step="${step.number}" />`)),
  }))
  return [...timelinesAndOutputs, ...points, ...costs]
}
