import { hide, lineAt, proseOf } from './prose.ts'

/** An entry of the glossary. */
export interface Term {
  /** As the glossary writes it: "In flight". */
  name: string
  /** What it means, in Markdown. */
  text: string
  /** What counts as a use of it. */
  pattern: RegExp
}

/** A page of the course: where it is, and its Markdown. */
export interface Page {
  /** Relative to `docs`: `steps/NAME.md`. */
  path: string
  text: string
}

/** The place where the course says what a term means: `<dfn>term</dfn>`. */
export interface Definition {
  term: Term
  /** The place in `pages`. */
  page: number
  start: number
  end: number
}

/**
 * Which words are a use of a term. Without an entry here it is the name, or the name and an s,
 * in any case. Words that are everyday English as well have the rule that tells the two apart.
 */
const patterns: Readonly<Record<string, string>> = {
  AbortSignal: 'AbortSignals?|abort signals?',
  Asleep: 'asleep|(?:sleeps?|slept) in the kernel',
  Batch: 'batch(?:es)?',
  Blocking: '(?<!non-)block(?:s|ed|ing)(?! of)',
  // An adjective before "server" or the like says nothing of the processor.
  Busy: 'busy(?! (?:server|machine|connection|one))',
  Call: 'calls?|called|calling',
  Deadline: 'deadlines?',
  'Event loop': 'event loops?',
  Drain: 'drain(?:s|ed|ing)?',
  Gather: 'gather(?:ed|ing)?',
  'Hang-up': 'hang-ups?|hung up',
  Hedge: 'hedge[sd]?|hedging',
  Idle: 'idle(?:ness)?',
  // That of a peer, which reads what comes, is none.
  Inbox: 'inbox(?:es)?(?! that reads)',
  Latency: 'latenc(?:y|ies)',
  Microtask: 'microtasks?',
  'Non-blocking': 'non-blocking|without blocking',
  Polling: 'polls?|polled|polling',
  // A callback lives by promises of the everyday kind, and one brings practice with the other.
  Promise: '(?<!(?:practice with|the|three|third|fourth|a) )promises?',
  Reply: 'repl(?:y|ies|ied)',
  Settled: 'settle[sd]?|settling',
  // That of a caller is an AbortSignal.
  Signal: "(?<!(?:caller's|One|its|the|A|a) )signals?(?! which| lives)",
  Spinning: 'spins?|spun|spinning',
  Starvation: 'starv(?:es?|ed|ing|ation)',
  'Level-triggered': 'level-triggered',
  Subject: 'subjects?(?! of its chapter)',
  // Taking turns is English. Whose turn is a turn of a loop is said by the word before.
  Turn: '(?<=\\b(?:an?|one|each|every|this|next|and) )turn(?! to)',
}

/** The name of a term in an address: `in-flight`. */
export function idOf({ name }: Term): string {
  return name.toLowerCase().replace(/[\W_]+/g, '-')
}

/** The same for the place that defines it: a heading of that page may have the plain name. */
export function placeIdOf(term: Term): string {
  return `term-${idOf(term)}`
}

/** The terms of the glossary: each a heading, and the paragraph under it says what it means. */
export function termsOf(glossary: string): Term[] {
  return [...glossary.matchAll(/^## (.+)\n\n((?:.+\n?)+)/gm)].map(([, name = '', text = '']) => {
    const words = patterns[name] ?? `${name.replace(/[^\w -]/g, '\\$&')}s?`
    const source = `(?<![\\w-])(?:${words.replaceAll(' ', '\\s+')})(?![\\w-])`
    return { name, text: text.trim().replaceAll('\n', ' '), pattern: new RegExp(source, 'gi') }
  })
}

/** Where the pages define terms. A definition of no entry of the glossary has no place here. */
export function definitionsOf(pages: readonly Page[], terms: readonly Term[]): Definition[] {
  return pages.flatMap(({ text }, page) =>
    dfns(text).flatMap(({ words, start, end }) =>
      terms
        .filter(({ name, pattern }) =>
          [words.match(pattern)?.[0], name.toLowerCase()].includes(words),
        )
        .map((term) => ({ term, page, start, end })),
    ),
  )
}

/** Where a page uses a term in prose. Headings are left out: they announce what comes. */
export function usesOf(term: Term, markdown: string): { start: number; end: number }[] {
  const prose = proseOf(markdown).replace(/^#+ .*$/gm, hide)
  return [...prose.matchAll(term.pattern)].map(({ index, 0: { length } }) => ({
    start: index,
    end: index + length,
  }))
}

/**
 * What is wrong with the words of the course: a term that is used before the place that defines
 * it, that no page defines or that two do, and a definition that the glossary does not know.
 *
 * @param pages in the order in which they are read
 */
export function checkTerms(pages: readonly Page[], terms: readonly Term[]): string[] {
  const definitions = definitionsOf(pages, terms)
  const at = (page: number, place: number) =>
    `${pages[page]!.path}:${lineAt(pages[page]!.text, place)}`
  const unknown = pages.flatMap(({ text }, page) =>
    dfns(text)
      .filter(({ start }) => !definitions.some((d) => d.page === page && d.start === start))
      .map(({ words, start }) => `${at(page, start)}: the glossary has no entry for ${words}`),
  )
  const problems = terms.flatMap((term): string[] => {
    const [defined, again] = definitions.filter((definition) => definition.term === term)
    if (!defined) return [`${term.name}: no page defines it`]
    if (again) return [`${term.name}: defined a second time at ${at(again.page, again.start)}`]
    const { page, start } = defined
    return pages.slice(0, page + 1).flatMap(({ text }, i) =>
      usesOf(term, text)
        .filter((use) => i < page || use.start < start)
        .map((use) => {
          const words = text.slice(use.start, use.end).replace(/\s+/, ' ')
          return `${at(i, use.start)}: ${words}, which is defined at ${at(page, start)}`
        }),
    )
  })
  return [...unknown, ...problems]
}

function dfns(markdown: string): { words: string; start: number; end: number }[] {
  const found = [...markdown.matchAll(/<dfn>([\s\S]*?)<\/dfn>/g)]
  return found.map(({ index, 0: all, 1: words = '' }) => ({
    words: words.replaceAll('`', '').replace(/\s+/g, ' ').toLowerCase(),
    start: index,
    end: index + all.length,
  }))
}
