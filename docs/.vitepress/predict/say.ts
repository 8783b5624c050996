import { wholeMilliseconds } from '../theme/timeline/layout.ts'

/** A text all of whose numbers were computed. */
export type Said = string & { readonly said: never }

/** Numbers as people write them. `one`, `once`, `first` and `second` have too many other uses. */
const number =
  /\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|hundred|thousand|twice|double|half|third|fourth|fifth)\b/i

/**
 * Tags a text, in Markdown. What stands in `${}` may hold numbers, because it was computed.
 *
 * @throws Error when a number was typed
 */
export function say(texts: TemplateStringsArray, ...computed: (string | number)[]): Said {
  for (const text of texts) {
    const typed = number.exec(text)
    if (typed) throw new Error(`"${typed[0]}" is typed, not computed: ${text.trim()}`)
  }
  return String.raw({ raw: texts }, ...computed) as Said
}

const small = 'no one two three four five six seven eight nine ten eleven twelve'.split(' ')

/** A count in words: `five`, `13`, `1,000`. */
export function words(n: number): string {
  return small[n] ?? n.toLocaleString('en')
}

/** How often: `once`, `twice`, `five times`. */
export function often(n: number): string {
  return ['never', 'once', 'twice'][n] ?? `${words(n)} times`
}

/** A place in a row, counted from 1: `third`. */
export function place(n: number): string {
  return ['first', 'second', 'third', 'fourth', 'fifth'][n - 1] ?? `${n}th`
}

/** `a, b and c`. */
export function list(items: readonly (string | number)[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
}

/** A factor with the precision that it deserves: `1.4`, `17`, `5,800`. */
export function times(factor: number): string {
  if (factor < 10) return factor.toFixed(1)
  return Number(factor.toPrecision(2)).toLocaleString('en')
}

/** A duration: `1,044 ms`, `0.3 ms`. */
export function ms(duration: number): string {
  if (duration >= 10) return wholeMilliseconds(duration)
  return `${Number(duration.toPrecision(1))} ms`
}

/** With a capital, to begin a sentence. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
