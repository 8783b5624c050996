import { regionsOf } from './source.ts'
import type { Region, Snippet } from './source.ts'

/** Languages that may only be shown from tested source. */
const source = /^(ts|js|mts|mjs|cts|cjs|tsx|jsx|typescript|javascript|vue|py|python)$/i

/** Something wrong with what the pages show of the source, in one line. */
export type Problem = string

/**
 * Compares what the pages show with what the source offers.
 *
 * @param snippets of all pages
 * @param sources text by file, for every file a chapter may show
 * @param lesson whether every region of this file must be shown by some chapter
 */
export function checkSnippets(
  snippets: Snippet[],
  sources: ReadonlyMap<string, string>,
  lesson: (file: string) => boolean,
): Problem[] {
  const problems: Problem[] = []
  const regions = new Map<string, Region[]>()
  for (const [file, text] of sources) {
    try {
      regions.set(file, regionsOf(text))
    } catch (error) {
      problems.push(`${file}: ${(error as Error).message}`)
    }
  }
  const shown = new Map<string, string>()
  for (const { page, line, file, region, info } of snippets) {
    const at = `${page}:${line}`
    if (!source.test(file.split('.').pop() ?? '')) continue
    if (!sources.has(file)) {
      problems.push(`${at}: ${file} does not exist`)
      continue
    }
    if (region === '') {
      problems.push(`${at}: ${file} is shown whole: name a region`)
      continue
    }
    if (!regions.get(file)?.some(({ name }) => name === region)) {
      problems.push(`${at}: ${file} has no region ${region}`)
      continue
    }
    const key = `${file}#${region}`
    const before = shown.get(key)
    if (before !== undefined && !/\bagain\b/.test(info)) {
      problems.push(`${at}: ${key} is shown already at ${before}; {ts again} if that is meant`)
    }
    shown.set(key, at)
  }
  for (const [file, list] of regions) {
    if (!lesson(file)) continue
    for (const { name, first } of list) {
      if (!shown.has(`${file}#${name}`)) {
        problems.push(`${file}:${first - 1}: region ${name} is never shown`)
      }
    }
  }
  return problems
}

/** Finds code typed into a page by hand: it would drift from the source it claims to show. */
export function checkFences(page: string, markdown: string): Problem[] {
  const problems: Problem[] = []
  let fence = ''
  markdown.split(/\r?\n/).forEach((line, index) => {
    const match = /^[\s>]*(`{3,}|~{3,})\s*([^\s{[:]*)/.exec(line)
    const [, marks = '', language = ''] = match ?? []
    if (fence !== '') {
      if (marks.startsWith(fence) && language === '') fence = ''
    } else if (marks !== '') {
      fence = marks
      if (source.test(language)) {
        problems.push(
          `${page}:${index + 1}: ${language} typed by hand: show a region of the source`,
        )
      }
    }
  })
  return problems
}
