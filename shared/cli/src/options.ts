import { parseArgs } from 'node:util'
import type { ParseArgsConfig } from 'node:util'
import type { Framing } from '@rpc-steps/wire'

/** One command-line option: what it is called in the help, and how its text is read. */
export interface Option<T> {
  readonly hint: string
  readonly help: string
  readonly default: T
  /** It stands alone, without a text behind it; `read` gets an empty one. */
  readonly flag?: true
  /** Throws UsageError when the text is no such thing. */
  readonly read: (text: string) => T
}

/** Options by their names. */
export type Options = Record<string, Option<unknown>>
/** The values of some options. */
export type Values<O extends Options> = { [N in keyof O]: O[N] extends Option<infer T> ? T : never }

/** The command line was wrong. Its message goes to the person who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** An option that takes any text. */
export function textOption<T extends string | undefined>(
  hint: string,
  help: string,
  byDefault: T,
): Option<string | T> {
  return { hint, help, default: byDefault, read: (text) => text }
}

/** An option that takes a whole number in a range. */
export function numberOption<T extends number | undefined>(
  hint: string,
  help: string,
  byDefault: T,
  least: number,
  most: number,
): Option<number | T> {
  const read = (text: string) => {
    const n = /^\d+$/.test(text) ? Number(text) : NaN
    if (n >= least && n <= most) return n
    throw new UsageError(`must be a whole number from ${least} to ${most}, not "${text}"`)
  }
  return { hint, help, default: byDefault, read }
}

/** An option that takes whole numbers in a range, with commas between them. */
export function numbersOption(
  hint: string,
  help: string,
  byDefault: readonly number[],
  least: number,
  most: number,
): Option<readonly number[]> {
  const { read } = numberOption(hint, help, 0, least, most)
  return { hint, help, default: byDefault, read: (text) => text.split(',').map(read) }
}

/** An option that is there or is not. */
export function flagOption(help: string): Option<boolean> {
  return { hint: '', help, default: false, flag: true, read: () => true }
}

/** An option that takes one of a few words. */
export function choiceOption<const T extends string>(
  choices: readonly T[],
  help: string,
  byDefault: T,
): Option<T> {
  const read = (text: string) => {
    const choice = choices.find((c) => c === text)
    if (choice !== undefined) return choice
    throw new UsageError(`must be one of ${choices.join(', ')}, not "${text}"`)
  }
  return { hint: choices.join('|'), help, default: byDefault, read }
}

/** The options that every server and client has. */
export function commonOptions<F extends Framing>(
  framings: readonly F[],
  byDefault: F,
  leastPort: number,
) {
  return {
    host: textOption('HOST', 'the address', '127.0.0.1'),
    port: numberOption('PORT', 'the port', 8080, leastPort, 65535),
    framing: choiceOption(framings, 'how messages are told apart', byDefault),
    trace: textOption('FILE', 'write what happens to a trace file', undefined),
  }
}

/**
 * Reads the command line: options and, between them, words. With `--help` prints the help and ends
 * the process. `usage` is how the program is called and, below an empty line, what it does.
 * Throws UsageError.
 */
export function readCommandLine<O extends Options>(
  usage: string,
  options: O,
  args = process.argv.slice(2),
): { values: Values<O>; words: string[] } {
  const config: ParseArgsConfig['options'] = { help: { type: 'boolean', short: 'h' } }
  for (const [name, { flag }] of Object.entries(options)) {
    config[name] = { type: flag ? 'boolean' : 'string' }
  }
  let parsed
  try {
    parsed = parseArgs({ args, options: config, allowPositionals: true })
  } catch (error) {
    // Node's message goes on with advice about `--`, which is no help here.
    throw new UsageError((error as Error).message.split(/\.\s/)[0])
  }
  if (parsed.values['help'] === true) {
    console.log(helpText(usage, options))
    process.exit(0)
  }
  const values = Object.entries(options).map(([name, option]) => {
    const given = parsed.values[name]
    if (given === undefined) return [name, option.default]
    try {
      return [name, option.read(typeof given === 'string' ? given : '')]
    } catch (error) {
      throw new UsageError(`--${name} ${(error as Error).message}`)
    }
  })
  return { values: Object.fromEntries(values) as Values<O>, words: parsed.positionals }
}

/** Reads the command line of a program that takes no words. Throws UsageError. */
export function readOptions<O extends Options>(
  usage: string,
  options: O,
  args = process.argv.slice(2),
): Values<O> {
  const { values, words } = readCommandLine(usage, options, args)
  if (words.length === 0) return values
  throw new UsageError(`nothing but options is taken here, not "${words[0]}"`)
}

function helpText(usage: string, options: Options): string {
  const lines = Object.entries(options).map(([name, { hint, help, default: byDefault, flag }]) => {
    const silent = flag || byDefault === undefined || byDefault === ''
    return `  ${`--${name} ${hint}`.padEnd(34)} ${help}${silent ? '' : ` (${String(byDefault)})`}`
  })
  return [`usage: ${usage}`, '', ...lines, `  ${'--help'.padEnd(34)} says this`].join('\n')
}
