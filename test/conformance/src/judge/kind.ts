import { isDeepStrictEqual } from 'node:util'
import type { CallWords } from '@rpc-steps/cli'
import type { Came } from '../finding.ts'
import type { Broken } from './broken.ts'
import { brokenIn } from './broken.ts'
import type { Fault } from './bytes.ts'
import type { Link } from './host.ts'
import type { Call, Manner } from './manner.ts'
import { escapes, lineEndInside, otherOrder } from './manners.ts'
import { pages } from './pages.ts'
import type { Played } from './play.ts'
import { endOf, expectedOf, expectedText, isJson, lastWords, linesOf, says } from './shown.ts'
import type { Problem } from './shown.ts'

/** Plays another server to the same client. */
export type Again = (manner: Manner) => Promise<Played>

const nothing = (says: string): Came => ({ kind: 'nothing', on: 'A', says })

/** What is wrong with the bytes and messages of a run; undefined when they are good. */
export function sentProblem({ host }: Played): (Problem & { stage: 'framing' | 'messages' }) | undefined {
  for (const [look, stage] of [[(link: Link) => link.fault(), 'framing'], [(link: Link) => link.messageFault(), 'messages']] as const) {
    for (const [i, link] of host.links.entries()) {
      const fault = look(link)
      if (fault) return { ...ofFault(fault, link, i), stage }
    }
  }
  return undefined
}

function ofFault({ cause, page, expected, at, says }: Fault, link: Link, i: number): Problem {
  // From the message on in which it is wrong.
  const from = [...link.sent.map((sent) => sent.at), link.at].filter((start) => start <= at).at(-1) ?? 0
  const bytes = link.bytes.toString('latin1', from)
  return { cause, page, expected, came: { kind: 'bytes', on: i === 0 ? 'A' : String.fromCharCode(65 + i), bytes, at: at - from, says } }
}

/** What is wrong when there is nothing wrong with the server; the likely cause is tried out. */
export async function kindProblem(played: Played, asked: readonly CallWords[], again: Again): Promise<(Problem & { stage?: 'framing' | 'messages' | 'streams' }) | undefined> {
  const { host, exit, stalled, stderr } = played
  if (host.links.length === 0) return unconnected(played)
  const sent = sentProblem(played)
  if (sent?.stage === 'framing') return sent
  if (host.links.every((link) => link.bytes.length === 0)) return silent(played, again)
  if (stalled !== undefined && played.sentBefore === 0) {
    return { cause: 'what it sends comes only when the connection ends: it is kept in a buffer; flush it after each message', page: pages.contract, expected: ['a request'], came: nothing('nothing came until the server ended the connection') }
  }
  if (sent) return sent
  const stream = host.streams.flows.find((flow) => flow.wrong !== undefined)
  if (stream) return { stage: 'streams', cause: stream.wrong!, page: pages.items, expected: ['items and credit within their bounds'], came: lastBytes(stream.link, stream.wrong!) }
  if (host.calls.length === 0) {
    const cause = host.notices.length > 0
      ? 'it sends only notifications: a message without "id" is one, and gets no answer'
      : 'it asks for nothing'
    return { cause, page: pages.notifications, expected: ['{"jsonrpc":"2.0","id":1,"method":"...","params":...}'], came: lastBytes(host.links[0]!, 'no id in this') }
  }
  const other = differentCall(host.calls, asked)
  if (other) return other
  const broken = brokenIn(played)
  if (!broken) {
    if (host.calls.length >= asked.length) return undefined
    return { cause: `it was asked for ${asked.length} calls with {calls}, and has made ${host.calls.length}`, page: pages.contract, expected: asked.map(({ method }) => method), came: nothing(`it ${endOf(played)}${lastWords(stderr)}`) }
  }
  const stuck = host.streams.stuck()
  const cause = (stuck === undefined ? undefined : { stage: 'streams' as const, cause: stuck, page: pages.items }) ?? (await triedOut(played, broken, again)) ?? (await printedCause(played, broken)) ?? plainCause(played, broken)
  return { ...cause, expected: broken.expected, came: exit?.code === 0 || broken.how === 'lingers' ? broken.came : { ...broken.came, says: broken.says } }
}

function unconnected({ exit, stderr, stdout }: Played): Problem {
  const end = exit ? `ended with ${exit.signal ?? `exit code ${exit.code}`}` : 'runs on'
  const refused = /refused|ECONNREFUSED|connect/i.test(stderr)
  const cause = !exit
    ? 'it has not connected to the port that took the place of {port}: does it connect to that port of 127.0.0.1?'
    : refused
      ? `it connects to another address than 127.0.0.1 and the port that took the place of {port}, where nobody listens${lastWords(stderr)}`
      : `it ended with ${exit.signal ?? `exit code ${exit.code}`} before it had connected${lastWords(stderr)}`
  return { cause, page: pages.contract, expected: ['a connection'], came: nothing(`no connection came, and it ${end}${stdout.trim() === '' ? '' : ` after it had printed: ${stdout.trim().slice(0, 80)}`}`) }
}

async function silent(played: Played, again: Again): Promise<Problem> {
  const page = pages.contract
  const expected = ['a request']
  const { exit, stalled, stderr } = played
  if (exit && stalled === undefined) {
    return { cause: `it connects and sends nothing, and ${endOf(played)}${lastWords(stderr)}`, page, expected, came: nothing('it ended without a byte') }
  }
  const hello = await again({ greets: (link) => void link.send(['{"jsonrpc":"2.0","method":"$/hello"}']) })
  const greeted = hello.host.links.some((link) => link.bytes.length > 0) && hello.stalled === undefined
  const cause = greeted || hello.sentBefore > 0
    ? 'it waits for the server to speak first: there is no greeting here, the client begins with its request'
    : exit
      ? 'it waits for an answer, and has sent nothing: what it writes is kept in a buffer; flush it after each message'
      : 'it connects, sends nothing and reads nothing: what does it wait for?'
  return { cause, page, expected, came: nothing('it connected, and not a byte came') }
}

function lastBytes(link: Link, says: string): Came {
  const from = link.sent.at(-1)?.at ?? 0
  return { kind: 'bytes', on: 'A', bytes: link.bytes.toString('latin1', from), at: (link.sent.at(-1)?.bodyAt ?? 0) - from, says }
}

/** With `{calls}` it is known what must be asked. */
function differentCall(calls: readonly Call[], asked: readonly CallWords[]): Problem | undefined {
  if (asked.length === 0) return undefined
  const left = [...asked]
  for (const call of calls) {
    const same = left.findIndex(({ method, params }) => method === call.method && (isDeepStrictEqual(params, call.params) || (params === undefined && isNone(call.params))))
    if (same >= 0) {
      left.splice(same, 1)
      continue
    }
    const [next] = left
    if (!next) return { cause: `it makes a call that it was not asked for: ${call.method}`, page: pages.contract, expected: asked.map(({ method }) => method), came: lastBytes(call.link, 'not asked for') }
    const part = next.method === call.method ? 'parameters' : 'method'
    const text = `${next.method} ${JSON.stringify(next.params)}`
    return { cause: `the ${part} of this request ${part === 'method' ? 'is' : 'are'} not what {calls} asks for: ${call.method} ${JSON.stringify(call.params)} instead of ${text}`, page: pages.contract, expected: [text], came: messageOf(call) }
  }
  return undefined
}

function isNone(params: unknown): boolean {
  return params === undefined || params === null || (typeof params === 'object' && Object.keys(params).length === 0)
}

function messageOf({ link, id }: Call): Came {
  const sent = link.sent.find(({ value }) => (value as { id?: unknown } | null)?.id === id) ?? link.sent[0]!
  return { kind: 'bytes', on: 'A', bytes: link.bytes.toString('latin1', sent.at, sent.end), at: sent.bodyAt - sent.at, says: 'another call was asked for' }
}

/** Servers that differ in one thing: with which of them does it work? */
async function triedOut(played: Played, broken: Broken, again: Again): Promise<Pick<Problem, 'cause' | 'page'> | undefined> {
  const { host } = played
  if (broken.how === 'lingers') {
    return { cause: 'it has all its answers and does not end: nobody ends the connection unless the client does', page: pages.contract }
  }
  if (broken.how === 'hangs' && played.exit?.code === 0 && !broken.missing) {
    return { cause: 'it reads until the connection ends before it looks at what came: an answer is whole when as many bytes have come as its header says', page: pages.read }
  }
  if (broken.how === 'misses' && played.exit?.code === 0) return undefined
  const [link] = host.links
  const works = async (manner: Manner) => !brokenIn(await again(manner))
  const variants: [manner: Manner, cause: string, page: string][] = []
  const [call] = host.calls
  if (link?.lines) {
    variants.push([{ messages: (_, reply) => [`Content-Length: ${Buffer.byteLength(reply)}\r\n\r\n${reply}`] }, 'it sends JSON lines, without a header, and so is answered in lines; but it reads frames: send each message with Content-Length, too', pages.lines])
  } else {
    variants.push([{ header: () => '', messages: (_, reply) => [`${reply}\n`] }, 'it sends frames, but reads the answer without its header: first comes Content-Length and an empty line, then the JSON', pages.read])
  }
  if (typeof call?.id === 'string' && /^\d+$/.test(call.id)) variants.push([idsAs(Number), `it sends the id as a string (${JSON.stringify(call.id)}) and looks for it as a number: an id comes back as it was sent`, pages.ids])
  if (typeof call?.id === 'number') variants.push([idsAs(String), `it sends the id as a number (${call.id}) and looks for it as a string: an id comes back as it was sent`, pages.ids])
  variants.push(
    [otherOrder, 'it expects the members of an answer in a certain order, which may be any', pages.message],
    [{ json: (reply) => JSON.stringify({ jsonrpc: reply['jsonrpc'], id: reply['id'], ...reply }) }, 'it expects the members of an answer in a certain order, which may be any', pages.message],
    [{ json: (reply) => JSON.stringify(reply, undefined, 1).replace(/\n\s*/g, ' ') }, 'it expects white space in the JSON of an answer, which may be there or not', pages.message],
    [lineEndInside, 'it reads the body up to a line end: a body ends after as many bytes as its header says, and has none', pages.read],
    [{ header: (bytes) => `content-length: ${bytes}\r\n\r\n` }, 'it knows the header name in small letters only: it may come in any case', pages.read],
    [{ header: (bytes) => `Content-Length: ${bytes}\n\n` }, 'it looks for header lines that end in LF alone: they end in CR LF, and so does the empty one', pages.read],
    [{ header: (bytes) => `Content-Length: ${bytes}\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n` }, 'it expects a second header line, which need not be there', pages.read],
    [escapes, 'it counts the length of what comes in characters, or decodes before it counts: Content-Length is in bytes', pages.read],
    [{ writes: (bytes) => [bytes.subarray(0, bytes.indexOf('\r\n\r\n') + 4), 30, bytes.subarray(bytes.indexOf('\r\n\r\n') + 4)] }, 'it expects the header and the body in two pieces: what one read gives may be both', pages.read],
  )
  for (const [manner, cause, page] of variants) if (await works(manner)) return { cause, page }
  return undefined
}

/** Replies whose ids are of the other type. */
function idsAs(type: (id: unknown) => unknown): Manner {
  return { json: (reply) => JSON.stringify({ ...reply, id: type(reply['id']) }) }
}

/** It has read its answers: what did it print? */
async function printedCause({ host, stdout, stderr, exit }: Played, broken: Broken): Promise<Pick<Problem, 'cause' | 'page'> | undefined> {
  const { missing } = broken
  if (broken.how === 'fails' && !missing) return { cause: `it prints all its results, and then ends with exit code ${exit?.code}${lastWords(stderr)}`, page: pages.contract }
  if (!missing || exit?.code !== 0) return undefined
  const page = pages.contract
  const text = expectedText(missing)
  if ('error' in missing) return { cause: `the answer was an error (${text}), and it does not say so`, page: pages.caller }
  const lines = linesOf(stdout)
  const replies = host.calls.map((call) => ({ jsonrpc: '2.0', ...call.answer, id: call.id }))
  if (lines.some((line) => replies.some((reply) => says(line, reply)))) return { cause: 'it prints the whole reply: only the result is asked for', page }
  if (linesOf(stderr).some((line) => says(line, missing.value))) return { cause: 'it prints its results on stderr: they belong on stdout', page }
  if (stdout.trim() === '') return { cause: 'it prints nothing: each result belongs on a line of stdout, as JSON', page }
  if (typeof missing.value === 'string' && stdout.includes(missing.value)) return { cause: `it prints the text without its quotes: each result is printed as JSON, here ${text}`, page }
  if (expectedOf(host.calls).every((one) => 'value' in one && lines.some((line) => says(line, one.value)))) {
    return { cause: 'it prints its results in another order than that of its calls: replies are matched by their ids, and printed in the order of the calls', page }
  }
  if (typeof missing.value === 'object' && stdout.replaceAll(/\s/g, '').includes(JSON.stringify(missing.value).replaceAll(/\s/g, ''))) return { cause: `it prints a result over several lines: each is one line of JSON, here ${text}`, page }
  if (typeof missing.value === 'object' && /['(]|None|True|False|=>/.test(stdout)) return { cause: `it prints a result as its language shows it, not as JSON: here ${text}`, page }
  if (lines.some(({ text }) => text.includes(JSON.stringify(missing.value)))) return { cause: `it prints more than the result on its line: only ${text} is asked for`, page }
  const printed = lines.filter(isJson)
  if (printed.length > 0 && printed.length < host.calls.length && printed.every((line) => expectedOf(host.calls).some((one) => 'value' in one && says(line, one.value)))) {
    return { cause: `it prints ${printed.length} of ${host.calls.length} results and ends, as if all had been answered: it reads on until each call has its answer`, page: pages.caller }
  }
  return { cause: `it prints something else than the result ${text}`, page }
}

function plainCause(played: Played, { how, says, missing }: Broken): Pick<Problem, 'cause' | 'page'> {
  const words = lastWords(played.stderr)
  if (how === 'crashes') return { cause: `it crashes when the answer comes: it ${endOf(played)}${words}`, page: pages.read }
  if (how === 'hangs') {
    const { calls } = played.host
    // Who waits for an answer would have seen the end of the connection.
    if (!played.exit && played.stdout.trim() === '' && calls.every(({ answer }) => answer)) {
      return { cause: 'it has all its answers, prints nothing and does not end, even when the connection has ended: close it and end; what it prints may be in a buffer until then', page: pages.contract }
    }
    const at = missing ? expectedOf(calls).findIndex((one) => isDeepStrictEqual(one, missing)) : -1
    const call = calls.at(at)
    const id = JSON.stringify(call?.id)
    const cause = call?.id === 0 || call?.id === ''
      ? `it never takes the answer to its call with the id ${id}: does it test whether the id is true, not whether it is the same?`
      : `it never takes the answer to its call with the id ${id} and waits on${words}`
    return { cause, page: pages.message }
  }
  return { cause: words === '' ? `it fails when the answer comes: ${says}` : `it fails when the answer comes${words}`, page: pages.read }
}
