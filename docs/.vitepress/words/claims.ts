import { lineAt } from './prose.ts'
import { numeralsOf, valueOf } from './numerals.ts'
import type { Claim } from './claim.ts'
import type { Page } from './terms.ts'

/** Where a page has the words of a claim; an end of line counts as a space. */
export function placesOf(phrase: string, text: string): { start: number; end: number }[] {
  const source = phrase.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replace(/ +/g, '\\s+')
  return [...text.matchAll(new RegExp(source, 'g'))].map(({ index, 0: { length } }) => ({
    start: index,
    end: index + length,
  }))
}

/** What is wrong: a number that no claim covers, and a claim that no page makes any more. */
export function checkClaims(pages: readonly Page[], claims: readonly Claim[]): string[] {
  const phrases = claims.flatMap(({ says }) => says)
  const places = pages.map(({ text }) => phrases.map((phrase) => placesOf(phrase, text)))
  const uncovered = pages.flatMap(({ path, text }, i) =>
    numeralsOf(text)
      .filter(({ start, end }) => !places[i]!.flat().some((p) => p.start <= start && end <= p.end))
      .map(({ words, line, end }) => {
        const after = text.slice(end, end + 30).replace(/\s+/g, ' ')
        return `${path}:${line}: ${words}${after}: no source is named`
      }),
  )
  const gone = phrases.filter((_, i) => places.every((found) => found[i]!.length === 0))
  return [...uncovered, ...gone.map((phrase) => `no page says: ${phrase}`)]
}

/** The values of the numbers in a phrase, in order. */
export function valuesIn(phrase: string): number[] {
  return numeralsOf(phrase).map(({ words }) => valueOf(words))
}

/** The line of a page that makes a claim first. */
export function lineOf(claim: Claim, { text }: Page): number | undefined {
  const starts = claim.says.flatMap((phrase) => placesOf(phrase, text)).map(({ start }) => start)
  return starts.length > 0 ? lineAt(text, Math.min(...starts)) : undefined
}
