import { listed } from '../listed.ts'
import { stepOf } from '../course.ts'
import { pages, pathOfPage, textOf } from '../source.ts'
import { lineOf } from './claims.ts'
import { titleOf } from './course.ts'
import { cited, computed, examples } from './numbers.ts'
import type { Claim } from './claim.ts'
import { recordings } from './recorded.ts'
import type { Page } from './terms.ts'

/** The pages that are written by hand, the README among them, in the order of their paths. */
export function writtenPages(): Page[] {
  const course = pages().map((file) => ({ path: pathOfPage(file), text: textOf(file) }))
  return [{ path: 'README.md', text: textOf('README.md') }, ...course]
}

/** The tables of the page of numbers, in Markdown. `base` is the path that the site lives under. */
export function numbersPage(base: string): string {
  const all = writtenPages()
  const rows = (claims: readonly Claim[]) =>
    claims.map((claim) => {
      const phrase = claim.says[0]!.replaceAll('|', '').replace(/\s+/g, ' ').trim()
      const on = all.filter((page) => lineOf(claim, page) !== undefined)
      return `| ${phrase} | ${withSources(claim.from, base)} | ${on.map(linkTo).join(', ')} |`
    })
  const recorded = recordings(all).map(({ file, command, shownIn }) => {
    return `| \`${file}\` | \`${command}\` | ${shownIn.map(linkTo).join(', ')} |`
  })
  const table = (heads: string, lines: string[]) => [heads, '| --- | --- | --- |', ...lines, '']
  return [
    '## Recorded\n',
    'What the pages show as output is a file that a command has written. Times are of the machine ' +
      'that made it; run the command, and you have those of yours.\n',
    ...table('| file in `docs` | made by | shown in |', recorded),
    '## Worked out\n',
    'A number in a sentence that follows from the source, or from a recorded run, is worked out ' +
      'from there each time the tests run.\n',
    ...table('| the words | from | on |', rows(computed)),
    '## Looked up\n',
    'What others have decided, and have written down.\n',
    ...table('| the words | from | on |', rows(cited)),
    '## Made up\n',
    'Some numbers are there so that a sentence has something to hold on to.\n',
    ...table('| the words | stands for | on |', rows(examples)),
  ].join('\n')
}

function linkTo(page: Page): string {
  if (page.path === 'README.md') return 'README'
  if (page.path === 'index.md') return '[Home](/)'
  const step = stepOf(page.path)
  const title = step ? `Step ${Number(step.number)}` : titleOf(page)
  return `[${title}](/${page.path.replace(/\.md$/, '')})`
}

function withSources(text: string, base: string): string {
  return text.replace(/`([\w/.-]+)`/g, (code, file: string) =>
    listed(file) ? `<a href="${base}source/${file}.html">${code}</a>` : code,
  )
}
