import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { eventsOfOtlp, isOtlp } from '@rpc-steps/trace/otlp'
import { root } from '../source.ts'
import { tidyOpened, toText } from './tidy.ts'

/** A table of the docs is made in seconds, a benchmark in minutes. */
const longest = 1_200_000

/**
 * What a command of the docs prints. `more` goes after its own arguments, for a smaller size; `ends` is the
 * exit code that it must end with.
 *
 * @throws Error when it ends otherwise, with what it said
 */
export async function outputOf(command: string, more: readonly string[] = [], ends = 0): Promise<string> {
  const [program = '', ...args] = [...partsOf(command), ...more]
  const child = spawn(program, args, { cwd: root, timeout: longest })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ])
  if (code !== ends) throw new Error(`${command} ended with ${code}: ${stderr.trim()}`)
  // What went wrong is said on stderr, and files are named from where they are.
  return (ends === 0 ? stdout : stdout + stderr).replaceAll('\r', '').replaceAll(root, '')
}

/** The same without npm between us and the program: what is ended then is the program itself. */
function partsOf(command: string): string[] {
  const node = [process.execPath, '--import', import.meta.resolve('tsx')]
  const [, file, args] =
    /^npx tsx (\S+)(.*)$/.exec(command) ??
    /^npm run (bench|orders|conformance)(?: --(.*))?$/.exec(command) ??
    []
  const words = wordsOf(args ?? '')
  if (file === 'bench' || file === 'orders' || file === 'conformance') return [...node, `test/${file}/main.ts`, ...words]
  return file === undefined ? command.split(' ') : [...node, file, ...words]
}

/** The words of what follows a command; quotes hold one together. */
export function wordsOf(args: string): string[] {
  return [...args.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word)
}

/** What of an output stands in the docs: of a benchmark with several workloads, their summary; spans as a timeline. */
export function shown(command: string, output: string): string {
  if (isOtlp(output)) return toText(tidyOpened(eventsOfOtlp(output)))
  const summary = output.indexOf('times as fast as bare')
  const [machine = ''] = output.split('\n')
  if (summary < 0 || machine.startsWith('$ ')) return `${output.trimEnd()}\n` // nothing to leave out, or no more
  return `$ ${command}\n${machine}\n\n${output.slice(summary).trimEnd()}\n`
}
