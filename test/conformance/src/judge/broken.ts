import type { Came } from '../finding.ts'
import { pages } from './pages.ts'
import type { Call } from './manner.ts'
import type { Played } from './play.ts'
import { serve } from './service.ts'
import { endOf, expectedOf, expectedText, firstMissing, isJson, lastWords, linesOf, printedAt, says } from './shown.ts'
import type { Expected, Problem } from './shown.ts'

/** How a run was not as it must be. */
export interface Broken {
  readonly how: 'hangs' | 'lingers' | 'crashes' | 'misses' | 'adds' | 'fails'
  /** What can be seen of it, in a few words. */
  readonly says: string
  readonly expected: readonly string[]
  readonly came: Came
  readonly missing?: Expected
}

/** Holds what was answered against what it has printed, and how it ended. */
export function brokenIn(played: Played, printedBefore = Infinity): Broken | undefined {
  const expected = expectedOf(played.host.calls)
  const refused = expected.some((one) => 'error' in one)
  const missing = firstMissing(expected, played)
  const texts = [...expected.map(expectedText), `(exit code ${refused ? '0 or 1' : '0'})`]
  const broken = (how: Broken['how'], says: string, at = missing?.at ?? Buffer.byteLength(played.stdout)): Broken => ({
    how,
    says,
    expected: texts,
    came: printedAt(played, at, says),
    ...(missing && { missing: missing.missing }),
  })
  const { exit, stalled } = played
  if (exit?.signal) return broken('crashes', `it ${endOf(played)}${lastWords(played.stderr)}`)
  if (stalled !== undefined) {
    const unanswered = played.host.calls.some((call) => call.answer === undefined)
    const before = firstMissing(expected, { ...played, stdout: stalled })
    if (!before && !unanswered && played.host.calls.length > 0) return broken('lingers', 'it has all its answers, and does not end')
    return broken('hangs', `nothing more came${exit ? ` until the server ended the connection; then it ${endOf(played)}` : `, and it ${endOf(played)}`}${lastWords(played.stderr)}`)
  }
  if (!exit) return broken('hangs', 'it did not connect and does not end')
  if (missing) {
    const what = `${expectedText(missing.missing)} must stand here`
    // Who has printed nothing wrong and says that it has failed, has failed.
    const wrong = linesOf(played.stdout).some((line) => isJson(line) && !expected.some((one) => 'value' in one && says(line, one.value)))
    return broken(exit.code === 0 || wrong ? 'misses' : 'fails', missing.elsewhere ? `${what}: it stands in another place` : `${what}; it ${endOf(played)}${lastWords(played.stderr)}`)
  }
  const lines = linesOf(played.stdout).filter(isJson).length
  if (lines > printedBefore) return broken('adds', `${lines} lines of JSON, and only ${printedBefore} without this`)
  if (exit.code !== 0 && !refused) return broken('fails', `all is printed, but it ${endOf(played)}${lastWords(played.stderr)}`)
  return undefined
}

/** A client whose answers never came: it must say so in its exit code, in a bounded time, and print none of them. */
export function notGivenUp(played: Played, what: string, advice = 'a read that gives nothing is the end of the stream, and nothing more will come'): Problem | undefined {
  const answered = expectedOf(played.host.calls).map(expectedText)
  const expected = [...answered, '(an error, and an exit code that is not 0)']
  const problem = (cause: string, came: Came): Problem => ({ cause, page: pages.caller, expected, came })
  const { exit, stalled, stdout, stderr } = played
  const end = (says: string) => printedAt(played, Buffer.byteLength(stdout), says)
  const late = linesOf(stdout).find((line) => isJson(line) && isWithheld(line.value, played))
  if (late) return problem(`it prints a result that never came, when ${what}`, printedAt(played, late.at, 'this was never sent'))
  if (played.host.floods) return problem(`it sends its calls again and again on the same connection when ${what}: who tries again connects anew, and gives up at some time`, end('it does not end'))
  if (stalled !== undefined || !exit) {
    return problem(`it waits for ever when ${what}: ${advice}`, end('it does not end'))
  }
  if (exit.signal) return problem(`it crashes (${exit.signal}) when ${what}`, end(`it ${endOf(played)}${lastWords(stderr)}`))
  if (exit.code === 0) return problem(`it ends as if all were well when ${what}: an answer is missing, and its exit code is 0`, end('exit code 0'))
  return undefined
}

function isWithheld(value: unknown, { host }: Played): boolean {
  const line = { text: '', at: 0, value }
  const came = (call: Call) => call.answer && 'result' in call.answer && says(line, call.answer.result)
  if (host.calls.some((call) => came(call) || call.items?.some((item) => says(line, item)))) return false
  return host.calls.some((call) => {
    if (call.answer) return false
    const answer = serve(call.method, call.params)
    return value === null || ('result' in answer && says(line, answer.result))
  })
}
