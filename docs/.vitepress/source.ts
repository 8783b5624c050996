import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

/** Lines of a file, from the first to the last, counted from 1. */
export interface Lines {
  first: number
  last: number
}

/** A `// #region name` to `// #endregion` of a source, or `# #region`; markers left out. */
export interface Region extends Lines {
  name: string
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
    const start = /^\s*(?:\/\/|#)\s*#region\b\s*(.*?)\s*$/.exec(line)
    if (start) {
      const name = start[1] ?? ''
      if (name === '') throw new Error(`line ${index + 1}: a region needs a name`)
      if ([...open, ...found].some((region) => region.name === name)) {
        throw new Error(`line ${index + 1}: a second region ${name}`)
      }
      open.push({ name, first: index + 2, last: 0 })
    }
    const end = /^\s*(?:\/\/|#)\s*#endregion\b\s*(.*?)\s*$/.exec(line)
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

/** Whether a line of a source only opens or closes a region. */
export function isMarker(line: string): boolean {
  return /^\s*(?:\/\/|#)\s*#(?:end)?region\b/.test(line)
}

/**
 * The lines that a piece of code stands for: the line that holds it, the block which that line
 * opens, to be told by the indentation, and the comment above.
 *
 * @param within the lines to look in
 * @throws Error when the piece is not in exactly one of these lines
 */
export function blockOf(text: string, within: Lines, piece: string): Lines {
  const lines = text.split(/\r?\n/)
  const line = (n: number) => lines[n - 1] ?? ''
  const indent = (n: number) => line(n).search(/\S|$/)
  const numbers = Array.from(
    { length: within.last - within.first + 1 },
    (_, index) => within.first + index,
  )
  const found = numbers.filter((n) => line(n).includes(piece))
  if (found.length !== 1) {
    throw new Error(
      `"${piece}" is in ${found.length} of the lines ${within.first} to ${within.last}, not in one`,
    )
  }
  let first = found[0]!
  let last = first
  const deep = indent(first)
  const inside = (n: number) => line(n).trim() === '' || indent(n) > deep
  const closes = (n: number) => indent(n) === deep && /^\s*[}\])]/.test(line(n))
  while (last < within.last && (inside(last + 1) || closes(last + 1))) last++
  while (line(last).trim() === '') last--
  while (
    first > within.first &&
    indent(first - 1) >= deep &&
    /^\s*(?:\/\/|\/?\*)/.test(line(first - 1))
  ) {
    first--
  }
  return { first, last }
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
  const skipped = new Set(['node_modules', '.turbo', '.temp', 'api', 'dist', 'cache', 'coverage'])
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

/** The path of a page: that of a step, `docs/steps/NAME/index.md`, is `steps/NAME.md`. */
export function pathOfPage(file: string): string {
  return file.replace(/^docs\//, '').replace(/^(steps\/[^/]+)\/index\.md$/, '$1.md')
}

/** The file of a page that has this path, relative to the root. */
export function fileOfPage(path: string): string {
  return `docs/${path.replace(/^(steps\/[^/]+)\.md$/, '$1/index.md')}`
}

/** The pages written by hand: all but those that are generated. */
export function pages(): string[] {
  return filesUnder('docs', '.md').filter((page) => !page.endsWith('].md'))
}
