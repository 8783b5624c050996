import { steps } from '../course.ts'
import { lineAt, proseOf } from './prose.ts'

// By hand: Intl writes numbers and reads none, and a parser of number words knows no "half an hour".

/** A number that a page states, and where. */
export interface Numeral {
  /** As it stands there: `1,030`, `four`, `ten thousand`. */
  words: string
  start: number
  end: number
  line: number
}

const small = 'one|two|three|four|five|six|seven|eight|nine'
const large =
  'ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|' +
  '(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:-(?:' + small + '))?|' +
  'hundred|thousand|million|billion'
const unit =
  'milliseconds?|ms|seconds?|minutes?|hours?|years?|' +
  'bytes?|(?:kilo|giga)bytes?|[KMG]i?B|threads|connections'

// Zero is no quantity: it is an exit code, or the end of a stream.
const digits = /(?<![\w./-])(?!0(?!\.?\d))-?\d+(?:[.,]\d+)*(?![\w-])/.source
const spelled = `\\b(?:(?:an?|${small}|${large})[\\s-]+)?(?:${large})(?:[\\s-]+(?:${large}))*\\b`
const counted = `\\b(?:half an?|${small})(?=[\\s-]+(?:${unit})\\b(?! at a time))`
const numeral = new RegExp(`${digits}|${spelled}|${counted}`, 'gi')

/** As a table of steps names them: `11 adaptive`. */
const titled = steps.map(({ folder }) => folder.replace('-', ' ')).join('|')
/** What has digits and states nothing: the names of steps and of standards, the places in a list. */
const names = new RegExp(
  `\\b[Ss]teps? \\d+(?:(?:, | and | to )\\d+)*|\\b(?:${titled})\\b|\\b0\\d\\b|` +
    /\bJSON-RPC 2\.0|\b(?:RFC|JEP) \d+(?:, [\d.]+\d)?|^ *\d+\. /.source,
  'gm',
)

/**
 * The numbers that a page states in prose: all in digits, words from ten on, and smaller words
 * before a unit. Code and commands are none of it, nor are names and the places in a list.
 */
export function numeralsOf(markdown: string): Numeral[] {
  const prose = proseOf(markdown).replace(names, (name) => ' '.repeat(name.length))
  return [...prose.matchAll(numeral)].map(({ index, 0: words }) => ({
    words: words.replace(/\s+/g, ' '),
    start: index,
    end: index + words.length,
    line: lineAt(markdown, index),
  }))
}

const values: Readonly<Record<string, number>> = {
  ...Object.fromEntries(`zero|${small}`.split('|').map((word, value) => [word, value])),
  ...{ ten: 10, eleven: 11, twelve: 12, thirteen: 13, fourteen: 14, fifteen: 15, sixteen: 16 },
  ...{ seventeen: 17, eighteen: 18, nineteen: 19, twenty: 20, thirty: 30, forty: 40, fifty: 50 },
  ...{ sixty: 60, seventy: 70, eighty: 80, ninety: 90, a: 1, an: 1, half: 0.5 },
}
const factors: Readonly<Record<string, number>> = {
  ...{ hundred: 100, thousand: 1e3, million: 1e6, billion: 1e9 },
}

/** The value of a numeral: `1,030` is 1030, `fourteen hundred` 1400, `fifty-nine` 59. */
export function valueOf(words: string): number {
  if (/\d/.test(words)) return Number(words.replaceAll(',', ''))
  if (words.startsWith('half')) return 0.5
  return words
    .toLowerCase()
    .split(/[\s-]+/)
    .reduce((sum, word) => {
      const factor = factors[word]
      return factor === undefined ? sum + (values[word] ?? NaN) : Math.max(sum, 1) * factor
    }, 0)
}
