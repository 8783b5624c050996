import type { MarkdownRenderer } from 'vitepress'
// By its place: what has a package's name VitePress leaves to Node, which may not read TypeScript.
import { exercisesOf } from '../../test/exercises/src/exercise.ts'
import type { Exercise } from '../../test/exercises/src/exercise.ts'
import { steps } from './course.ts'

/** An exercise as a page shows it. `text` and `works` are HTML. */
export interface Shown {
  id: string
  title: string
  text: string
  works: string
  minutes: number
  /** The file to open, and the functions to write. */
  file: string
  functions: string[]
  begin: string
  check: string
}

/** The exercises of a step, by its number. Throws when it has none. */
export function exercisesIn(step: string): Exercise[] {
  const folder = steps.find(({ number }) => number === step)?.folder
  const found = folder === undefined ? [] : exercisesOf(folder)
  if (found.length === 0) throw new Error(`step ${step} has no exercises to show`)
  return found
}

/**
 * Puts the exercises of a step in the place of `<Exercises step="03" />`: each with a heading, so that it
 * can be linked to.
 */
export function exercises(md: MarkdownRenderer): void {
  const html = md.renderer.rules.html_inline
  if (!html) throw new Error('the renderer has no rule for HTML')
  md.renderer.rules.html_inline = (tokens, index, options, env, self) =>
    html(tokens, index, options, env, self).replace(/<Exercises step="([^"]*)" \/>/g, (_, step: string) =>
      exercisesIn(step)
        .map((exercise) => {
          const shown = shownOf(exercise, (markdown) => md.render(markdown).replaceAll(' v-pre', ''))
          return `<Exercise :exercise='${escape(JSON.stringify(shown))}' />`
        })
        .join(''),
    )
}

function shownOf({ id, step, name, title, text, works, minutes, holes }: Exercise, render: (markdown: string) => string): Shown {
  const begin = `npm run exercise -- ${step} ${name}`
  return {
    id,
    title,
    text: render(text),
    works: render(works),
    minutes,
    file: `exercises/${id}/${holes[0]!.file}`,
    functions: holes.map(({ name }) => name),
    begin,
    check: `${begin} check`,
  }
}

/** An exercise in words, for a reader without the site. */
export function exerciseInWords({ id, step, name, title, text, works, minutes, holes }: Exercise): string {
  const functions = holes.map(({ name }) => `\`${name}\``).join(' and ')
  return `### ${title}

${text}

\`npm run exercise -- ${step} ${name}\` makes a copy. Write ${functions} in \`exercises/${id}/${holes[0]!.file}\`, and run the
same command with \`check\` behind it. It takes ${minutes} minutes, usually. When it works: ${works}
`
}

/** JSON with nothing in it that could end an attribute or begin a tag. */
function escape(json: string): string {
  return json.replace(/['<>&]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
