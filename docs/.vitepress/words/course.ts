import { steps } from '../course.ts'
import { textOf } from '../source.ts'
import { termsOf } from './terms.ts'
import type { Page, Term } from './terms.ts'

/** The pages that are read one after another, in this order. */
export function coursePages(): Page[] {
  const chapters = steps.map(({ folder }) => `steps/${folder}.md`)
  const paths = ['start.md', 'service.md', 'wire.md', ...chapters]
  return paths.map((path) => ({ path, text: textOf(`docs/${path}`) }))
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
