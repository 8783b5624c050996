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
  /** The files to open, and the functions to write in each. */
  write: { file: string; functions: string[] }[]
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

function toWrite({ id, holes }: Exercise): Shown['write'] {
  return [...new Set(holes.map(({ file }) => file))].map((file) => ({
    file: `exercises/${id}/${file}`,
    functions: holes.filter((hole) => hole.file === file).map(({ name }) => name),
  }))
}

function shownOf(exercise: Exercise, render: (markdown: string) => string): Shown {
  const { id, step, name, title, text, works, minutes } = exercise
  const begin = `npm run exercise -- ${step} ${name}`
  return {
    id,
    title,
    text: render(text),
    works: render(works),
    minutes,
    write: toWrite(exercise),
    begin,
    check: `${begin} check`,
  }
}

/** An exercise in words, for a reader without the site. */
export function exerciseInWords(exercise: Exercise): string {
  const { step, name, title, text, works, minutes } = exercise
  const functions = toWrite(exercise)
    .map(({ file, functions }) => `${functions.map((name) => `\`${name}\``).join(' and ')} in \`${file}\``)
    .join(', and ')
  return `### ${title}

${text}

\`npm run exercise -- ${step} ${name}\` makes a copy. Write ${functions}. Then run the
same command with \`check\` behind it. It takes ${minutes} minutes, usually. When it works: ${works}
`
}

/** JSON with nothing in it that could end an attribute or begin a tag. */
function escape(json: string): string {
  return json.replace(/['<>&]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
