import { steps } from '../course.ts'
import { questions } from '../predict/index.ts'
import { fileOfPage, textOf } from '../source.ts'

const letters = 'abcdefgh'

/** All questions of the chapters without their answers, each step on paper of its own. Markdown. */
export function questionSheet(): string {
  return eachStep((heading, asked) => {
    const list = asked.map(({ place, id, text, options }) => {
      const lines = options.map((option, i) => `${i + 1}. ${option.text}`).join('\n')
      return `<div class="asked" id="question-${id}">\n\n**${place}.** ${text}\n\n${lines}\n\n</div>`
    })
    return ['<p class="name">Name</p>', heading, ...list].join('\n\n')
  }, 'sheet')
}

/** Which option is right in each of them, and why. Markdown. */
export function keySheet(): string {
  return eachStep((heading, asked) => {
    const list = asked.map(({ place, options }) => {
      const right = options.findIndex((option) => option.right)
      return `**${place} ${letters[right]}.** ${options[right]!.why}`
    })
    return [`#${heading.replace('{#', '{#key-')}`, ...list].join('\n\n')
  }, 'key')
}

type Asked = ReturnType<(typeof questions)[number]['ask']> & { place: string }

/** By steps, in the order of the chapters; a question is called `01.3`, and keeps that name when others are printed without it. */
function eachStep(write: (heading: string, asked: readonly Asked[]) => string, name: string): string {
  return steps
    .map((step) => {
      const chapter = textOf(fileOfPage(`steps/${step.folder}.md`))
      const placeOf = (id: string) => chapter.indexOf(`<Predict id="${id}" />`)
      const own = questions.filter(({ id }) => placeOf(id) >= 0).sort((a, b) => placeOf(a.id) - placeOf(b.id))
      const asked = own.map((question, i) => ({ ...question.ask(), place: `${step.number}.${i + 1}` }))
      const heading = `## ${step.number} ${step.title} {#step-${step.number}}`
      return asked.length > 0 ? `<div class="${name}">\n\n${write(heading, asked)}\n\n</div>` : ''
    })
    .filter((part) => part !== '')
    .join('\n\n')
}
