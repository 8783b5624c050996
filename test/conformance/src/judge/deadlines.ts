import type { Came } from '../finding.ts'
import { notGivenUp } from './broken.ts'
import type { ClientCase, Known } from './cases.ts'
import type { Call } from './manner.ts'
import { endsWith } from './manners.ts'
import { pages } from './pages.ts'
import type { Played } from './play.ts'
import type { Problem } from './shown.ts'
import { serve } from './service.ts'

const page = pages.deadlines
const nothing = (says: string): Came => ({ kind: 'nothing', on: 'A', says })
/** A client that gives up later than this is not waited for. */
const longest = 10_000

const deadlineOf = (call: Call) => call.meta['timeoutMs']
/** What its calls said with the simple server, in milliseconds. */
export const deadlinesOf = ({ kind }: Known) => kind.host.calls.map(deadlineOf).filter((ms) => typeof ms === 'number')
const skip = (known: Known) => (deadlinesOf(known).length > 0 ? undefined : 'no request of it has meta.timeoutMs')
const wait = (known: Known) => Math.min(longest, Math.max(...deadlinesOf(known), 0) * 2 + known.pace.wait)

const silence: Pick<ClientCase, 'skip' | 'wait' | 'page' | 'stage'> = { stage: 'deadlines', page, skip, wait }

export const deadlineCases: ClientCase[] = [
  {
    stage: 'deadlines',
    name: 'how long an answer is of use',
    page,
    why: ['meta.timeoutMs is what is left, in milliseconds. Two clocks never agree, so it is no time of day.'],
    manner: () => ({}),
    cause: 'with a deadline it does not get on with a server that answers at once',
    check: ({ host }) => durations(host.calls),
  },
  {
    ...silence,
    name: 'no answer comes',
    why: ['Who has said how long an answer is of use gives up then, whatever the server does, and says so with $/cancelRequest.'],
    manner: () => endsWith(0, () => {}),
    cause: 'it does not give up',
    check: (played) => notGivenUp(played, 'no answer comes', 'when the time of meta.timeoutMs is over it gives up by itself, and says so with $/cancelRequest') ?? gaveUp(played) ?? cancelled(played),
  },
  {
    ...silence,
    name: 'the answer comes when it has given up',
    why: ['What is over is over: the answer that was on its way is passed over, once and twice.'],
    manner: () => ({ ...endsWith(0, () => {}), hears: (link, method, params) => {
      const { id } = (params ?? {}) as { id?: unknown }
      const call = link.host.calls.find((one) => one.link === link && one.id === id)
      if (method !== '$/cancelRequest' || !call) return
      const reply = JSON.stringify({ jsonrpc: '2.0', ...serve(call.method, call.params), id })
      void link.send([reply, reply])
    } }),
    cause: 'it cannot bear an answer that comes late',
    check: (played) => notGivenUp(played, 'the answer comes after it has given up'),
  },
  {
    ...silence,
    name: 'the server says first that the time is over',
    why: ['-32008 is an error like others.'],
    manner: () => ({ answer: () => ({ error: { code: -32008, message: 'Deadline exceeded', data: { status: 'DEADLINE_EXCEEDED' } } }) }),
    cause: 'it says nothing of the error -32008',
  },
]

function durations(calls: readonly Call[]): Problem | undefined {
  const problem = (call: Call, cause: string, says: string): Problem => {
    const sent = call.link.sent.find(({ value }) => (value as { id?: unknown } | null)?.id === call.id) ?? call.link.sent[0]!
    const bytes = call.link.bytes.toString('latin1', sent.at, sent.end)
    const at = bytes.indexOf('"timeoutMs"')
    return { cause, page, expected: ['"meta":{"timeoutMs":N}, N milliseconds from now'], came: { kind: 'bytes', on: 'A', bytes, at: Math.max(at, 0), says } }
  }
  const [first] = calls
  if (first && calls.every((call) => deadlineOf(call) === undefined)) {
    const inside = typeof first.params === 'object' && first.params !== null && 'timeoutMs' in first.params
    return problem(first, inside ? 'timeoutMs stands in "params": it belongs in "meta", beside them' : 'no request of it has meta.timeoutMs: start it so that it has a deadline', 'no meta.timeoutMs')
  }
  for (const call of calls) {
    const ms = deadlineOf(call)
    if (ms === undefined) continue
    if (typeof ms !== 'number') return problem(call, `meta.timeoutMs is ${JSON.stringify(ms)}: it must be a number of milliseconds`, 'no number')
    // From 2001 on, in seconds and in milliseconds.
    if (ms > 1e12) return problem(call, 'meta.timeoutMs is a time of day, counted since 1970: it must be how many milliseconds are left', 'a time of day')
    if (ms > 1e9 && Math.abs(ms - Date.now() / 1000) < 1e8) return problem(call, 'meta.timeoutMs is a time of day in seconds since 1970: it must be how many milliseconds are left', 'a time of day')
    if (ms <= 0) return problem(call, `meta.timeoutMs is ${ms}: the time is over before the request is sent`, 'nothing is left')
    if (ms > longest / 2) return problem(call, `meta.timeoutMs is ${ms}, too long to wait for here: start it with a deadline of at most ${longest / 2} ms`, 'too long to wait for')
  }
  return undefined
}

/** At its time, and not long before or after. */
function gaveUp(played: Played): Problem | undefined {
  const { calls, notices } = played.host
  const ms = Math.max(...calls.map((call) => Number(deadlineOf(call) ?? 0)))
  const cancel = notices.find(({ method }) => method === '$/cancelRequest')
  const took = (cancel ? cancel.when : performance.now()) - played.host.began
  if (took >= Math.min(...calls.map((call) => Number(deadlineOf(call) ?? ms))) * 0.5) return undefined
  return { cause: `it gives up after ${Math.round(took)} ms, but has told the server ${ms}: is the time in seconds?`, page, expected: [`(gives up after ${ms} ms)`], came: nothing('it gave up long before its time') }
}

function cancelled({ host }: Played): Problem | undefined {
  const expected = (call: Call) => [`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":${JSON.stringify(call.id)}}}`]
  const asked = host.calls.find(({ method }) => method === '$/cancelRequest')
  if (asked) return { cause: '$/cancelRequest is sent as a request, with an id of its own: it is a notification, and has none', page, expected: expected(host.calls[0]!), came: nothing('no notification came') }
  const cancels = host.notices.filter(({ method }) => method === '$/cancelRequest')
  for (const call of host.calls) {
    const ids = cancels.map(({ params }) => (Array.isArray(params) ? undefined : (params as { id?: unknown } | undefined)?.id))
    if (ids.includes(call.id)) continue
    const came = nothing('no $/cancelRequest for this call came')
    const other = ids.find((id) => String(id) === String(call.id))
    if (other !== undefined) return { cause: `$/cancelRequest names ${JSON.stringify(other)}, and the call has the id ${JSON.stringify(call.id)}: the same, but of another type`, page, expected: expected(call), came }
    if (cancels.length > 0 && ids.some((id) => id !== undefined && !host.calls.some((one) => one.id === id))) return { cause: `$/cancelRequest names an id that was never sent: ${JSON.stringify(ids[0])}`, page, expected: expected(call), came }
    if (cancels.some(({ params }) => Array.isArray(params) || params === undefined)) return { cause: '$/cancelRequest does not say which call: its params are {"id": ...}', page, expected: expected(call), came }
    const wrong = host.notices.find(({ method }) => /cancel/i.test(method))?.method
    return { cause: wrong && wrong !== '$/cancelRequest' ? `it says "${wrong}": the notification is called $/cancelRequest` : 'it gives up and tells nobody: the server works on until it hears $/cancelRequest', page, expected: expected(call), came }
  }
  return undefined
}
