import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

/** A `// #region name` ... `// #endregion` of a source file; lines count from 1, markers left out. */
export interface Region {
  name: string
  first: number
  last: number
}

/** A `<<< path#region{lang}` line of a page. */
export interface Snippet {
  /** The page, relative to the root, with `/`. */
  page: string
  /** The line of the page, counted from 1. */
  line: number
  /** The file shown, relative to the root, with `/`. */
  file: string
  /** Empty when the whole file is shown. */
  region: string
  /** What stands between the braces. */
  info: string
}

/**
 * The regions of a source text, in order of their first line.
 *
 * @throws Error when a region is not closed, not opened, has no name, or has the name of another.
 */
export function regionsOf(text: string): Region[] {
  const open: Region[] = []
  const found: Region[] = []
  text.split(/\r?\n/).forEach((line, index) => {
    const start = /^\s*\/\/\s*#region\b\s*(.*?)\s*$/.exec(line)
    if (start) {
      const name = start[1] ?? ''
      if (name === '') throw new Error(`line ${index + 1}: a region needs a name`)
      if ([...open, ...found].some((region) => region.name === name)) {
        throw new Error(`line ${index + 1}: a second region ${name}`)
      }
      open.push({ name, first: index + 2, last: 0 })
    }
    const end = /^\s*\/\/\s*#endregion\b\s*(.*?)\s*$/.exec(line)
    if (end) {
      const region = open.pop()
      if (!region) throw new Error(`line ${index + 1}: #endregion without #region`)
      if (end[1] !== '' && end[1] !== region.name) {
        throw new Error(`line ${index + 1}: #endregion ${end[1]} closes region ${region.name}`)
      }
      found.push({ ...region, last: index })
    }
  })
  const left = open.pop()
  if (left) throw new Error(`line ${left.first - 1}: region ${left.name} is never closed`)
  return found.sort((a, b) => a.first - b.first)
}

/** The snippets that a page shows. `page` is relative to the root and is what paths start from. */
export function snippetsOf(page: string, markdown: string): Snippet[] {
  return markdown.split(/\r?\n/).flatMap((line, index) => {
    const match = /^\s*<<<\s*([^#{[]+?)(?:#([\w-]+))?\s*(?:\{([^}]*)\})?\s*(?:\[.*\])?\s*$/.exec(
      line,
    )
    if (!match) return []
    const [, path = '', region = '', info = ''] = match
    const file = path.startsWith('@')
      ? posix.join('docs', path.slice(path.startsWith('@/') ? 2 : 1))
      : posix.join(posix.dirname(page), path)
    return [{ page, line: index + 1, file, region, info: info.trim() }]
  })
}

/** Every file under a folder whose name ends in one of the extensions, relative to the root. */
export function filesUnder(folder: string, ...extensions: string[]): string[] {
  const skipped = new Set(['node_modules', '.turbo', 'api', 'dist', 'cache', 'coverage'])
  const list = (path: string): string[] =>
    readdirSync(join(root, path), { withFileTypes: true }).flatMap((entry) => {
      if (skipped.has(entry.name)) return []
      const child = posix.join(path, entry.name)
      if (entry.isDirectory()) return list(child)
      return extensions.some((extension) => entry.name.endsWith(extension)) ? [child] : []
    })
  return list(folder).sort()
}

/** The text of a file given relative to the root. */
export function textOf(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

/** The pages written by hand: all but the API reference and the source listing. */
export function pages(): string[] {
  return filesUnder('docs', '.md').filter((page) => dirname(page) !== 'docs/source')
}
