import { reading } from '../course.ts'
import { fileOfPage, textOf } from '../source.ts'
import { termsOf } from './terms.ts'
import type { Page, Term } from './terms.ts'

/** Whether a page is one of those that are read one after another. */
export function inCourse(path: string): boolean {
  return reading.some(({ page }) => `${page}.md` === path)
}

/** The pages that are read one after another, in this order. */
export function coursePages(): Page[] {
  return reading.map(({ page }) => ({ path: `${page}.md`, text: textOf(fileOfPage(`${page}.md`)) }))
}

/** The terms of `docs/glossary.md`. */
export function glossaryTerms(): Term[] {
  return termsOf(textOf('docs/glossary.md'))
}

/** The title that a page has in its front matter. */
export function titleOf({ path, text }: Page): string {
  const title = /^title: (.+)$/m.exec(text)?.[1]
  if (title === undefined) throw new Error(`${path} has no title`)
  return title
}
