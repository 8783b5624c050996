import { posix } from 'node:path'
import type { MarkdownRenderer } from 'vitepress'
import { ideas } from './ideas.ts'
import type { Idea } from './ideas.ts'
import type { Problem } from './check.ts'
import { steps } from './course.ts'
import type { Step } from './course.ts'
import { filesUnder, isMarker, regionsOf, textOf } from './source.ts'

/** The steps that have one before them: those with a page. */
export const changed = steps.slice(1)

/** `02/src/client.ts#call` as the file it means, relative to the root, and the region. */
function placeOf(reference: string): { file: string; region: string } {
  const [path = '', region = ''] = reference.split('#')
  const [number, ...rest] = path.split('/')
  const step = steps.find((step) => step.number === number)
  if (!step) throw new Error(`${reference}: there is no step ${number}`)
  return { file: posix.join('steps', step.folder, ...rest), region }
}

/** What is wrong with ideas: regions that are not there, and regions of a lesson without an idea. */
export function checkIdeas(all: Readonly<Record<string, readonly Idea[]>>): Problem[] {
  const problems: Problem[] = []
  const names = (file: string) => regionsOf(textOf(file)).map(({ name }) => name)
  const files = filesUnder('steps', '.ts')
  for (const { number, folder } of steps) {
    const told = new Set<string>()
    for (const { title, before = [], after = [] } of all[number] ?? []) {
      for (const reference of [...before, ...after]) {
        const { file, region } = placeOf(reference)
        const found = files.includes(file) && names(file).includes(region)
        if (!found) problems.push(`${number}, ${title}: there is no ${reference}`)
        told.add(reference)
      }
    }
    for (const file of files.filter((file) => file.startsWith(`steps/${folder}/src/`))) {
      for (const name of names(file)) {
        const reference = `${number}/${posix.relative(`steps/${folder}`, file)}#${name}`
        if (!told.has(reference)) problems.push(`${number}: no idea has ${reference}`)
      }
    }
  }
  return problems
}

/** Lines that are neither empty nor comment. */
export function linesOfCode(text: string): number {
  const code = text.replace(/^\s*\/\*[\s\S]*?\*\/\s*$/gm, '').split(/\r?\n/)
  return code.filter((line) => /^\s*(?!\/\/)\S/.test(line)).length
}

/** A line of a comparison: in both, only before, or only after. */
export type Line = [mark: ' ' | '-' | '+', text: string]

/** Compares two texts by their longest common subsequence of lines. */
export function compare(before: string, after: string): Line[] {
  const [a, b] = [before.trimEnd().split('\n'), after.trimEnd().split('\n')]
  /** The length of the longest subsequence that `a` from i and `b` from j have in common. */
  const common = a.map(() => new Array<number>(b.length + 1).fill(0))
  common.push(new Array<number>(b.length + 1).fill(0))
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const [without, same] = [Math.max(common[i + 1]![j]!, common[i]![j + 1]!), common[i + 1]![j + 1]!]
      common[i]![j] = a[i] === b[j] ? same + 1 : without
    }
  }
  const lines: Line[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push([' ', a[i++]!])
      j++
    } else if (j === b.length || (i < a.length && common[i + 1]![j]! >= common[i]![j + 1]!)) {
      lines.push(['-', a[i++]!])
    } else lines.push(['+', b[j++]!])
  }
  return lines
}

/** What a step takes from earlier steps as it is, by the folder of the step that has it. */
export function taken(step: Step): Map<string, string[]> {
  const packages = new Map(
    steps.map(({ folder }) => [`@rpc-steps/${folder.slice(folder.indexOf('-') + 1)}`, folder]),
  )
  const found = new Map<string, Set<string>>()
  for (const text of [...sourceOf(step), ...programs.map((name) => textOf(`steps/${step.folder}/${name}`))]) {
    for (const [, names = '', from = ''] of text.matchAll(
      /^import (?!type\b)(?:([^']*) from )?'([^']+)'/gm,
    )) {
      const [, name = '', program] = /^(@rpc-steps\/[\w-]+)(?:\/(\w+))?$/.exec(from) ?? []
      const earlier = packages.get(name)
      if (earlier === undefined) continue
      const set = found.get(earlier) ?? new Set()
      found.set(earlier, set)
      for (const name of namesIn(names, text)) set.add(name)
      if (program !== undefined) set.add(`${program}.ts`)
    }
  }
  return new Map([...found].map(([folder, names]) => [folder, [...names].sort()]))
}

/** `{ a, type B }` imports a; `* as all` imports what is used as `all.x`. */
function namesIn(clause: string, text: string): string[] {
  const all = /\* as (\w+)/.exec(clause)?.[1]
  if (all) return [...text.matchAll(new RegExp(`\\b${all}\\.(\\w+)`, 'g'))].map(([, name]) => name!)
  const names = clause.replace(/[{}\s]/g, ' ').split(',')
  return names.map((name) => name.trim()).filter((name) => name !== '' && !name.startsWith('type '))
}

/** What a reader starts. */
const programs = ['server.ts', 'client.ts']

function sourceOf({ folder }: Step): string[] {
  return filesUnder(`steps/${folder}/src`, '.ts', '.mjs').map(textOf)
}

/** The page of a step: what changed since the step before it. Markdown. */
export function pageOf(step: Step): string {
  const before = steps[steps.indexOf(step) - 1]!
  const told = (ideas[step.number] ?? []).map(({ title, line, more, before, after }) =>
    [`## ${title} {#${idOf(title)}}`, `${line} ${more ?? ''}`, sides(before, after)].join('\n\n'),
  )
  return [
    `# What changed: ${before.number} to ${step.number}`,
    `In [${before.title}](/steps/${before.folder}), the program ${before.waiting} while it waits. In [${step.title}](/steps/${step.folder}), it ${step.waiting}. Here is the code of both, by idea.`,
    (ideas[step.number] ?? []).map(({ title }) => `[${title}](#${idOf(title)})`).join(' · '),
    ...told,
    '## The programs',
    'What a reader starts, whole.',
    ...programs.map((name) => program(name, before, step)),
    '## How much there is of it',
    sizes(before, step),
    inherited(step),
    [`Back to the chapter: [${step.title}](/steps/${step.folder}).`, ...onward(step)].join(' '),
  ].join('\n\n')
}

function onward(step: Step): string[] {
  const next = changed[changed.indexOf(step) + 1]
  return next ? [`Or go on: [what changed to ${next.number}](/changes/${next.folder}).`] : []
}

/** The name of a heading in a link. */
function idOf(title: string): string {
  return title.toLowerCase().replace(/\W+/g, '-')
}

function sides(before: readonly string[] = [], after: readonly string[] = []): string {
  const snippets = (references: readonly string[]) =>
    references.map((reference) => {
      const { file, region } = placeOf(reference)
      return `<<< @/../${file}#${region}{ts again}`
    })
  const alone = before.length === 0 || after.length === 0
  const side = (name: string, references: readonly string[]) =>
    references.length === 0
      ? []
      : ['<div class="side">', `<p class="when">${name}</p>`, ...snippets(references), '</div>']
  if (before.length + after.length === 0) return ''
  const [old, now] = [before, after].map((those) => those.reduce((n, r) => n + linesAt(r), 0)) as [number, number]
  const folds = Math.max(old, now) > foldedFrom
  const all = alone ? `all ${old + now} lines` : `all lines, ${old} before and ${now} now`
  return [
    `<div class="sides${alone ? ' alone' : ''}${folds ? ' folds' : ''}">`,
    ...side(alone ? 'Gone' : 'Before', before),
    ...side(alone ? 'New' : 'Now', after),
    ...(folds ? [`<label class="more"><input type="checkbox" /> Show ${all}</label>`] : []),
    '</div>',
  ].join('\n\n')
}

/** Longer code than this is folded, so that the ideas can be read one after another. */
const foldedFrom = 30

function linesAt(reference: string): number {
  const { file, region } = placeOf(reference)
  const found = regionsOf(textOf(file)).find(({ name }) => name === region)
  return found ? found.last - found.first + 1 : 0
}

/** Line by line when most lines are the same; else both, since a comparison would be rubble. */
function program(name: string, before: Step, after: Step): string {
  const [a, b] = [before, after].map(({ folder }) => `steps/${folder}/${name}`) as [string, string]
  const textIn = (file: string) => textOf(file).split('\n').filter((line) => !isMarker(line)).join('\n')
  const lines = compare(textIn(a), textIn(b))
  const same = lines.filter(([mark]) => mark === ' ').length
  const title = `### ${name}`
  if (same > lines.length / 3) {
    return [title, '```diff', ...lines.map(([mark, text]) => `${mark} ${text}`.trimEnd()), '```'].join('\n')
  }
  const whole = (when: string, file: string) => {
    const label = `${when}, [${file}](/source/${file}.html) {.when}`
    return ['<div class="side">', label, `\`\`\`ts\n${textIn(file)}\`\`\``, '</div>'].join('\n\n')
  }
  return [title, '<div class="sides">', whole('Before', a), whole('Now', b), '</div>'].join('\n\n')
}

function sizes(...both: Step[]): string {
  const rows = both.map((step) => {
    const files = sourceOf(step)
    const lines = files.reduce((sum, text) => sum + linesOfCode(text), 0)
    return `| ${step.number} ${step.title} | ${files.length} | ${lines} |`
  })
  return ['| `src` of | files | lines of code |', '|---|---|---|', ...rows].join('\n')
}

function inherited(step: Step): string {
  const from = [...taken(step)].map(
    ([folder, names]) => `${names.map((name) => `\`${name}\``).join(', ')} of ${folder}`,
  )
  if (from.length === 0) return 'Lines that are blank or comment are not counted. Nothing is taken from an earlier step: all of it is written new.'
  return `Lines that are blank or comment are not counted. Taken from earlier steps as it is, and so not written again: ${from.join('; ')}.`
}

/** The list for the chapter: each idea in a line, and where to see the code. Markdown. */
export function panelOf(number: string): string {
  const step = changed.find((step) => step.number === number)
  const list = (ideas[number] ?? []).map(({ title, line }) => {
    const name = step ? `[${title}](/changes/${step.folder}#${idOf(title)})` : title
    return `- **${name}.** ${line}`
  })
  if (!step) return list.join('\n')
  const before = steps[steps.indexOf(step) - 1]!
  const link = `[All of it, the code of ${before.number} and ${number} side by side](/changes/${step.folder})`
  return `${list.join('\n')}\n\n${link}`
}

/** Puts the list into `<Changes step="02" />`, as plain HTML. */
export function changes(md: MarkdownRenderer): void {
  const html = md.renderer.rules.html_inline
  if (!html) throw new Error('the renderer has no rule for HTML')
  md.renderer.rules.html_inline = (tokens, index, options, env, self) =>
    html(tokens, index, options, env, self).replace(/<Changes step="(\d+)" \/>/g, (_, number: string) => {
      if (!ideas[number]) throw new Error(`there are no ideas for step ${number}`)
      // Not as a part of its page, which would look for places in the page's own text.
      const apart = { ...(env as object), relativePath: undefined }
      return `<div class="changes">${md.render(panelOf(number), apart)}</div>`
    })
}
