import { readSync, writeSync } from 'node:fs'
import { recordTo } from '@rpc-steps/trace'
import type { Framing, Json, Params } from '@rpc-steps/wire'
import { describe } from './main.ts'
import { choiceOption, commonOptions, readCommandLine, UsageError } from './options.ts'
import type { Options, Values } from './options.ts'

const framings: readonly Exclude<Framing, 'auto'>[] = ['content-length', 'newline']
const holdOption = choiceOption(['no', 'yes'], 'print "ready" and wait for a line before calling', 'no')
const common = { ...commonOptions(framings, 'content-length', 1), hold: holdOption }

/** One call of the command line. */
export interface CallWords {
  method: string
  params?: Params
}

/**
 * The command line of a client: options, then methods, each with its parameters as JSON if it
 * takes any. Starts the recording if `--trace` asks for it. Throws UsageError.
 */
export function clientOptions<O extends Options>(
  own: O = {} as O,
): Values<typeof common> & Values<O> & { calls: CallWords[] } {
  const usage = 'client.ts [options] METHOD [JSON] [METHOD [JSON] ...]'
  const { values, words } = readCommandLine<typeof common & O>(usage, { ...common, ...own })
  const calls = readCalls(words)
  const { trace, hold }: Values<typeof common> = values
  if (trace !== undefined) recordTo(trace, 'client')
  if (hold === 'yes') holdUntilLine()
  return { ...values, calls }
}

/** Reads `say '{"text":"a"}' get_data`: what does not look like a name is JSON. */
export function readCalls(words: readonly string[]): CallWords[] {
  const calls: CallWords[] = []
  for (const word of words) {
    if (/^[A-Za-z_$][\w$./:-]*$/.test(word)) {
      calls.push({ method: word })
      continue
    }
    const call = calls.at(-1)
    if (!call || call.params) throw new UsageError(`expected the name of a method, not ${word}`)
    call.params = readParams(call.method, word)
  }
  if (calls.length === 0) {
    throw new UsageError(`say which method to call, for example: say '{"text":"Hello"}'`)
  }
  return calls
}

function readParams(method: string, word: string): Params {
  let params: unknown
  try {
    params = JSON.parse(word)
  } catch (error) {
    // Shells differ in the quotes that they take away, above all on Windows.
    const lost = /^'?[[{][^"]*$/.test(word) ? '; has the shell taken its double quotes away?' : ''
    throw new UsageError(
      `the parameters of ${method} are no JSON (${(error as Error).message})${lost}`,
    )
  }
  if (typeof params === 'object' && params !== null) return params as Params
  throw new UsageError(`the parameters of ${method} must be a JSON object or array, not ${word}`)
}

/** Prints the result of a call: one line of JSON. */
export function printResult(result: Json): void {
  console.log(JSON.stringify(result))
}

/** Prints how a call failed, on stderr. The process will exit with 1. */
export function printError(method: string, error: unknown): void {
  console.error(`${method}: ${describe(error)}`)
  process.exitCode = 1
}

/** Prints what came of each call, in the order of the calls; undefined is nothing to print. */
export function printSettled(calls: readonly CallWords[], results: readonly PromiseSettledResult<Json | undefined>[]): void {
  for (const [i, result] of results.entries()) {
    if (result.status === 'rejected') printError(calls[i]!.method, result.reason)
    else if (result.value !== undefined) printResult(result.value)
  }
}

/** So that several clients can be started first and then released together. */
function holdUntilLine(): void {
  writeSync(1, 'ready\n')
  // One at a time: what stands behind the line is for whoever reads on.
  for (const byte = Buffer.alloc(1); readSync(0, byte) > 0 && byte[0] !== 0x0a; );
}
