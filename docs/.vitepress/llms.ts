import { posix } from 'node:path'
import { costed, costInWords, costsInWords } from './costs.ts'
import { exerciseInWords, exercisesIn } from './exercises.ts'
import { ideas } from './ideas.ts'
import { questionOf } from './predict/index.ts'
import { reading, recordingOf } from './course.ts'
import { pathOf } from './head.ts'
import { fileOfPage, isMarker, pages, pathOfPage, regionsOf, snippetsOf, textOf } from './source.ts'
import { testsInWords } from './tests.ts'
import { layout, milliseconds } from './theme/timeline/layout.ts'
import type { TraceEvent } from './theme/timeline/layout.ts'
import { inCourse } from './words/course.ts'

/** A page of the site as it is written. */
export interface Page {
  /** Relative to `docs`, such as `steps/NAME.md`. */
  file: string
  title: string
  description: string
  /** Without the front matter. */
  markdown: string
}

/** All pages written by hand but the home page: first the course in its order, then the others. */
export function allPages(): Page[] {
  const place = ({ file }: Page) => {
    const found = reading.findIndex(({ page }) => `${page}.md` === file)
    return found < 0 ? reading.length : found
  }
  return pages()
    .map((page) => pageOf(pathOfPage(page), textOf(page)))
    .filter(({ file }) => file !== 'index.md')
    .sort((a, b) => place(a) - place(b))
}

/** The course in its order, and the words it uses: what is to be read. */
export function chapters(): Page[] {
  return allPages().filter(({ file }) => inCourse(file) || file === 'glossary.md')
}

/** Takes the front matter off a page. */
export function pageOf(file: string, text: string): Page {
  const [whole = '', matter = ''] = /^---\r?\n(.*?)\r?\n---\r?\n/s.exec(text) ?? []
  const entry = (name: string) => {
    const value = new RegExp(`^${name}: (.+)$`, 'm').exec(matter)?.[1] ?? ''
    return value.replace(/^(['"])(.*)\1$/, '$2')
  }
  return {
    file,
    title: entry('title'),
    description: entry('description'),
    markdown: text.slice(whole.length).trim(),
  }
}

/** `llms.txt`: one line for each page. `here` is the address of the site, with a slash at the end. */
export function index(about: string, pages: readonly Page[], here: string): string {
  const line = ({ file, title, description }: Page) =>
    `- [${title}](${here}${pathOf(file)}): ${description}`
  const course = pages.filter(({ file }) => inCourse(file))
  const others = pages.filter((page) => !course.includes(page))
  return `# rpc-steps

> ${about}

All chapters in one file, as plain Markdown with their code: ${here}llms-full.txt

## The course, in the order in which it is read

${course.map(line).join('\n')}

## More

${others.map(line).join('\n')}
`
}

/** `llms-full.txt`: the pages one after another, with nothing in them that needs the site. */
export function full(about: string, pages: readonly Page[], here: string): string {
  return [`# rpc-steps\n\n${about}`, ...pages.map((page) => plain(page, here))].join('\n\n---\n\n')
}

/** A page as Markdown that stands by itself: code in place of snippets, words for pictures. */
export function plain({ file, markdown }: Page, here: string): string {
  const page = fileOfPage(file)
  return outsideCode(markdown, (text) =>
    testsInWords(page, text)
      .replace(/^:::+ *\w+ *(.*)$/gm, (_, title: string) => (title === '' ? '' : `**${title}**`))
      .replace(/^:::+$/gm, '')
      .replace(/\s*\{at="[^"]*"\}/g, '')
      .replace(/<(\/?[A-Za-z]\w*)([^>]*)>/g, (_, name: string, given: string) => {
        const values = Object.fromEntries(
          [...given.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
        ) as Record<string, string>
        return inWords[name]?.(values) ?? ''
      })
      .replace(/\]\((?!https?:|#)([^)\s]+)\)/g, (_, link: string) => `](${here}${target(file, link)})`)
      .replace(/^\s*<<<.*$/gm, (line) => code(page, line))
      .replace(/\n{3,}/g, '\n\n'),
  )
}

/** Changes only what is neither a fence nor code in a line. */
function outsideCode(markdown: string, change: (text: string) => string): string {
  return markdown
    .split(/(^`{3,}[^`]*\n[^]*?^`{3,}$|`[^`\n]+`)/m)
    .map((part, i) => (i % 2 === 0 ? change(part) : part))
    .join('')
}

/** Where a link of a page leads, as a path below the base. */
function target(file: string, link: string): string {
  const [path = '', hash] = link.split('#')
  const to = path.startsWith('/') ? path.slice(1) : posix.join(posix.dirname(file), path)
  const full = to === '' || to.endsWith('/') || /\.\w+$/.test(to) ? to : `${to}.html`
  return pathOf(full) + (hash === undefined ? '' : `#${hash}`)
}

function code(page: string, line: string): string {
  const [{ file, region, info } = { file: '', region: '', info: '' }] = snippetsOf(page, line)
  const text = textOf(file)
  const found = regionsOf(region === '' ? '' : text).find(({ name }) => name === region)
  if (region !== '' && !found) throw new Error(`${page}: ${file} has no region ${region}`)
  const lines = text
    .trimEnd()
    .split(/\r?\n/)
    .slice(...(found ? [found.first - 1, found.last] : []))
    .filter((line) => !isMarker(line))
  const indent = Math.min(...lines.filter(Boolean).map((line) => line.search(/\S/)))
  const place = found ? `${file}, lines ${found.first} to ${found.last}` : file
  const language = /\w+$/.exec(info)?.[0] ?? ''
  return `\n${place}:\n\n\`\`\`${language}\n${lines.map((line) => line.slice(indent)).join('\n')}\n\`\`\`\n`
}

/** What the components of a page show, in words. Of all others only what they hold is left. */
const inWords: Readonly<Record<string, (values: Record<string, string>) => string>> = {
  Timeline: ({ trace, beside }) =>
    [trace, beside]
      .filter((name) => name !== undefined)
      .map(told)
      .join('\n'),
  Predict: ({ id = '' }) => {
    const { text, options } = questionOf(id).ask()
    const lines = options.map((o) => `- ${o.text}\n  ${o.right ? 'Yes.' : 'No.'} ${o.why}\n`)
    return `**Predict.** ${text}\n\n${lines.join('')}`
  },
  Exercises: ({ step = '' }) => exercisesIn(step).map(exerciseInWords).join('\n'),
  Changes: ({ step = '' }) =>
    (ideas[step] ?? []).map(({ title, line }) => `- **${title}.** ${line}\n`).join(''),
  Cost: ({ step = '' }) => `${costInWords(step)}\n`,
  Costs: ({ of = '' }) => `${costsInWords(of)}\n`,
  Costed: costed,
}

/** A recorded run as a list of what happened when. */
function told(trace: string): string {
  const { moments } = layout(JSON.parse(textOf(recordingOf(`${trace}.json`))) as TraceEvent[])
  const lines = moments.map(({ at, text }) => `- ${milliseconds(at)}: ${text}`)
  return `Recorded run ${trace}:\n\n${lines.join('\n')}\n`
}
