import type { CallWords } from '@rpc-steps/cli'
import type { StageName } from '../stages.ts'
import type { Broken } from './broken.ts'
import { notGivenUp } from './broken.ts'
import { deadlineCases, deadlinesOf } from './deadlines.ts'
import type { Call, Manner } from './manner.ts'
import { kind } from './manner.ts'
import * as like from './manners.ts'
import { pages } from './pages.ts'
import type { Pace, Played } from './play.ts'
import type { Problem } from './shown.ts'
import { linesOf, says } from './shown.ts'
import { streamCases } from './stream-cases.ts'

/** What is known of a client when it has got on with a server that is as simple as can be. */
export interface Known {
  readonly kind: Played
  readonly pace: Pace
  /** It has several calls in flight on one connection. */
  readonly pipelines: boolean
  /** It uses an id again when the call before it is answered. */
  readonly reuses: boolean
  /** It speaks the second framing, where a message is a line. */
  readonly speaksLines: boolean
  /** How many lines of JSON it prints when all is well. */
  readonly lines: number
}

/** One thing in which a server differs, and what it means when a client cannot bear it. */
export interface Difference {
  /** Calls that are asked for when they can be; those of the simple server otherwise. */
  readonly calls?: readonly CallWords[]
  readonly manner: (known: Known) => Manner
  /** What is likely wrong in a client that gets on with the simple server, and not with this one. */
  readonly cause: string | ((broken: Broken, known: Known, played: Played) => string)
}

export interface ClientCase extends Difference {
  readonly stage: StageName
  readonly name: string
  readonly page: string
  readonly why: readonly string[]
  /** Why it is not asked of this client; undefined when it is. */
  readonly skip?: (known: Known) => string | undefined
  /** It is about answers that come whole, not in pieces, as do those of these stages: messages, errors, waiting. */
  readonly whole?: true
  /** What the manner is made of, each alone: the first that the client cannot bear is the cause. */
  readonly parts?: readonly Difference[]
  /** What must be instead of all answers being printed. */
  readonly check?: (played: Played, known: Known) => Problem | undefined
  /** How long it is waited for, when that is not the usual. */
  readonly wait?: (known: Known) => number
}

/** What is asked of a client that takes calls, to begin with: nothing in it is hard. */
export const easy: readonly CallWords[] = [
  { method: 'add', params: { a: 2, b: 3 } },
  { method: 'say', params: { text: 'hello' } },
  { method: 'get_data' },
]
const accents = 'a é 漢 😀'

const pieces = 'what one read gives is taken for a whole message'
const characters = 'it reads as many characters as Content-Length says: they are bytes, and these letters have two to four'
const always = (manner: Manner) => () => manner

/** Who takes anything that comes for its answer cannot bear much else either: that is the cause then. */
const strangers: Difference = {
  manner: always(like.unknownFirst),
  cause: (broken) => (broken.how === 'misses' ? 'it takes the next message for its answer, whatever its id says: replies are matched by their order, not by their ids' : 'it cannot bear an answer to what it has not asked: pass over a reply whose id is not in flight'),
}

const framing: ClientCase[] = [
  {
    stage: 'framing',
    name: 'an answer in pieces',
    page: pages.read,
    why: ['A stream has no seams: one write may come in many reads, cut anywhere.'],
    manner: always(like.everyByteAlone),
    cause: `${pieces}: it must keep what has come, and read on`,
    parts: [
      { manner: always(like.cutAt((header) => [header])), cause: `${pieces}: the header came first, and the body in the next read` },
      { manner: always(like.cutAt((header, all) => [header + Math.floor((all - header) / 2)])), cause: 'it reads a body once and takes what came for all of it: read on until as many bytes have come as the header says' },
      { manner: always(like.cutAt(() => [9])), cause: 'it takes what one read gives for a whole header: keep it, and read on until the empty line has come' },
      { manner: always(like.cutAt((header) => [header - 3])), cause: 'it does not find the end of a header that is cut in the middle of CR LF CR LF' },
    ],
  },
  {
    stage: 'framing',
    name: 'two messages in one piece',
    whole: true,
    page: pages.read,
    why: ['What is written in two writes may come in one read. What follows the first message is the beginning of the next.'],
    manner: ({ pipelines }) => (pipelines ? { holds: 'together' } : like.noteFirst('good morning', true)),
    cause: 'what comes behind a message in the same read is lost: keep it, it is the beginning of the next',
    parts: [strangers, { manner: ({ pipelines }) => (pipelines ? { holds: 'together', writes: (bytes) => like.oneByOne(bytes) } : like.noteFirst('good morning', false)), cause: (broken, { pipelines }) => (pipelines ? 'it cannot bear answers that come together' : notACall(broken)) }],
  },
  {
    stage: 'framing',
    name: 'text of one to four bytes a character',
    page: pages.read,
    why: ['A length in characters works until the first accent.'],
    calls: [{ method: 'say', params: { text: accents } }, { method: 'add', params: { a: 2, b: 3 } }],
    manner: ({ kind }) =>
      hasText(kind.host.calls) ? like.results((value) => like.changed(value, (text) => `${text} ${accents}`, (n) => n)) : like.noteFirst(accents, true),
    cause: (broken, _, played) => (decodes(broken, played) ? 'it decodes the text as something else than UTF-8' : characters),
    // Another text may be what is not borne, or a notification, which has it when no result is a text.
    parts: [{ ...strangers, calls: easy }, { calls: easy, manner: ({ kind }) => (hasText(kind.host.calls) ? like.results((value) => like.changed(value, (text) => `${text} abc`, (n) => n)) : like.noteFirst('good morning', true)), cause: (broken, { kind }) => (hasText(kind.host.calls) ? notOfReply(broken) : notACall(broken)) }],
  },
  {
    stage: 'framing',
    name: 'a header written in another way',
    page: pages.read,
    skip: framesOnly,
    why: ['Names in any case and any order, white space around the value, and other fields, which are passed over.'],
    manner: always({ header: (bytes) => `X-Sent-By: the other end\r\nCONTENT-LENGTH:  ${bytes} \r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n` }),
    cause: 'it takes a header in one way only',
    parts: [
      { manner: always({ header: (bytes) => `content-length: ${bytes}\r\n\r\n` }), cause: 'it takes the header name in one spelling only: content-length may come in any case' },
      { manner: always({ header: (bytes) => `CONTENT-LENGTH: ${bytes}\r\n\r\n` }), cause: 'it takes the header name in one spelling only: CONTENT-LENGTH may come in any case' },
      { manner: always({ header: (bytes) => `Content-Length: ${bytes}\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n` }), cause: 'it expects the body behind the first header line: other fields may follow, and the empty line ends them' },
      { manner: always({ header: (bytes) => `Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: ${bytes}\r\n\r\n` }), cause: 'it takes the first header line for Content-Length: other fields may come before it' },
      { manner: always({ header: (bytes) => `Content-Length:${bytes}\r\n\r\n` }), cause: 'it expects a space after the colon of a header, which need not be there' },
      { manner: always({ header: (bytes) => `Content-Length:   ${bytes}  \r\n\r\n` }), cause: 'it takes no more than one space around the value of a header' },
    ],
  },
  {
    stage: 'framing',
    name: 'a long answer',
    page: pages.limits,
    why: ['A body may have 4 MiB. This one is white space for the most part, which is JSON as well.'],
    manner: always(like.longAs(1_000_000)),
    cause: 'it has room for a body of some size only, or takes what one read gives for all of it: read on until as many bytes have come as the header says',
  },
]

const messages: ClientCase[] = [
  {
    stage: 'messages',
    name: 'the same JSON written in another way',
    page: pages.message,
    why: ['Members in any order, white space between them, any letter of a text as its number: it is the same JSON.'],
    manner: ({ speaksLines }) => ({ json: (reply) => like.spaced(Object.fromEntries(Object.entries(reply).reverse()), speaksLines) }),
    cause: 'it takes the JSON of an answer written in one way only',
    parts: [
      { manner: always(like.otherOrder), cause: 'it expects the members of an answer in a certain order, which may be any: let a JSON library read it' },
      { manner: ({ speaksLines }) => ({ json: (reply) => like.spaced(reply, speaksLines) }), cause: 'it expects no white space in the JSON of an answer, where it may be: let a JSON library read it' },
      { manner: always({ json: (reply) => `${JSON.stringify(reply)} ` }), cause: 'it cannot bear white space behind the JSON, inside the body' },
    ],
  },
  {
    stage: 'messages',
    name: 'a text with escapes',
    page: pages.message,
    why: ['Any letter of a JSON text may be written as its number.'],
    manner: always(like.escapes),
    cause: 'it reads the text of an answer as it stands, without the escapes of JSON (\\u0059 is Y): let a JSON library read it',
  },
  {
    stage: 'messages',
    name: 'results that are not what the service says',
    page: pages.message,
    why: ['This server adds 7777 to numbers and a word to texts. What a client prints must come from the reply.'],
    manner: always(like.results((value) => like.changed(value, (text) => `${text} indeed`, (n) => n + 7777))),
    cause: notOfReply,
  },
  {
    stage: 'messages',
    name: 'a result that is 0, or an empty text',
    page: pages.message,
    why: ['A reply has a result when the member is there, whatever its value.'],
    // A method without a result answers null.
    calls: [...easy, { method: 'update', params: [1] }],
    manner: always(like.results(like.empty)),
    cause: (broken) => broken.missing && 'value' in broken.missing && broken.missing.value === null
      ? 'a result that is null is not printed as JSON, which is null: it is a result like others, and not a sign that there is none'
      : 'it asks whether a result is true, not whether it is there: 0, "" and [] are results like others',
  },
  {
    stage: 'messages',
    name: 'a notification before the answer',
    page: pages.caller,
    why: ['A message with a method and no id is a notification. One that begins with $/ is passed over by who does not know it.'],
    manner: always(like.noteFirst('good morning', false)),
    cause: notACall,
    parts: [strangers],
  },
  {
    stage: 'messages',
    name: 'an answer to what was never asked',
    page: pages.caller,
    why: ['Its id says that it is not for any call of this client. It is passed over.'],
    ...strangers,
  },
  {
    stage: 'messages',
    name: 'an answer that comes twice',
    page: pages.caller,
    why: ['When the second comes, nobody waits for it any more.'],
    manner: () => like.again(),
    cause: (broken, { reuses }) =>
      broken.how !== 'misses' && broken.how !== 'adds'
        ? 'it cannot bear the same answer a second time: pass over a reply whose id is not in flight'
        : reuses
          ? 'it uses the same id for call after call, so the second copy of an answer is taken for that of the next call: count up'
          : 'it takes the second copy of an answer for that of its next call: ids are not compared',
  },
  {
    stage: 'messages',
    name: 'the server asks something, too',
    page: pages.caller,
    why: ['A message with a method is a request, and no reply, even if its id is that of a call in flight.', 'A request gets an answer, if only -32601.'],
    manner: ({ pace }) => like.asksFirst((call) => call.id, Math.min(pace.wait / 2, 150)),
    cause: (broken) => (broken.how === 'misses' ? 'it takes a request of the server for its answer: a reply has a result or an error, and no method' : 'it cannot bear a request of the server: answer it, if only with -32601'),
    check: (played) => unanswered(played),
  },
]

const errors: ClientCase[] = [true, false].map((all) => ({
  stage: 'errors' as const,
  name: all ? 'an error instead of a result' : 'an error for one call of several',
  page: pages.caller,
  why: ['An error is an answer. Who gets it says which it was: its code or its message.'],
  skip: ({ kind }) => (!all && kind.host.calls.length < 2 ? 'it makes one call' : undefined),
  manner: () => like.refuses(all),
  cause: (broken, _, played) => errorCause(broken, played),
}))

const batches: ClientCase[] = [
  {
    stage: 'batches',
    name: 'the answers of a batch in another order',
    page: pages.batches,
    why: ['They come in one array, in any order.'],
    skip: ({ kind }) => (kind.host.links.some((link) => link.sent.some(({ value }) => Array.isArray(value))) ? undefined : 'it sends no batches'),
    manner: always({ turnsBatches: true }),
    cause: 'it matches the answers of a batch by their order, not by their ids',
  },
]

const waiting: ClientCase[] = [
  {
    stage: 'waiting',
    name: 'a slow server',
    page: pages.caller,
    why: ['A read that has nothing yet is not the end.'],
    manner: (known) => {
      const first = Math.min(1500, Math.max(1000, known.pace.wait * 2), ...deadlinesOf(known).map((ms) => ms / 2))
      // What is asked at once is answered in its order all the same.
      return { pause: (nth) => (nth === 0 || known.pipelines ? first : 0) }
    },
    cause: (broken) => (broken.how === 'misses' ? 'it prints something before the answer has come' : 'it does not wait for an answer that takes a second or two'),
  },
  {
    stage: 'waiting',
    name: 'answers in another order',
    page: pages.caller,
    why: ['The id says which call an answer is for. Results are printed in the order of the calls.'],
    skip: ({ pipelines }) => (pipelines ? undefined : 'it has one call in flight at a time'),
    manner: always({ holds: 'last first' }),
    cause: (broken, _, played) => (broken.how === 'misses' && sameLines(played) ? 'its results come out in the order of the answers: match replies by their ids, and print them in the order of the calls' : 'it cannot bear answers in another order than that of its calls'),
  },
]

const gone = (name: string, what: string, manner: (known: Known) => Manner, why: string): ClientCase => ({
  stage: 'hostile',
  name,
  page: pages.caller,
  why: [why],
  manner,
  cause: what,
  check: (played) => notGivenUp(played, what),
})
const framed = (...of: Parameters<typeof gone>): ClientCase => ({ ...gone(...of), skip: framesOnly })
const broken = 'When a frame is broken, nobody knows where the next message begins. That is the end of the connection.'
const end = 'At the end of the stream all that is unanswered has failed.'

const hostile: ClientCase[] = [
  gone('the connection ends instead of an answer', 'the connection ends before the answer', always(like.endsWith(0, ({ link }) => link.end())), end),
  {
    ...gone('the connection ends between two answers', 'the connection ends after the first answer', always(like.endsWith(1, ({ link }) => link.end())), end),
    skip: ({ kind }) => (kind.host.units > 1 && kind.host.links.length === 1 ? undefined : 'it makes one call on each connection'),
  },
  gone('the connection ends in the middle of a body', 'the connection ends in the middle of a body', always(like.says((unit) => like.replyBytes(unit).subarray(0, -5), 'the server ends the connection')), end),
  framed('the connection ends in the middle of a header', 'the connection ends in the middle of a header', always(like.says((unit) => like.replyBytes(unit).subarray(0, 18), 'the server ends the connection')), end),
  gone('the connection is reset', 'the connection is reset', always(like.endsWith(0, ({ link }) => void link.socket.resetAndDestroy())), end),
  gone('an answer that is no JSON', 'the answer is no JSON', always(like.says(() => Buffer.from('Content-Length: 22\r\n\r\n{"jsonrpc":"2.0","resu'), 'the server ends the connection')), end),
  gone('what comes is no frame', 'what comes is no frame', always(like.says(() => Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'), 'the server ends the connection')), broken),
  framed('a length that is no number', 'the length has letters behind its digits', always(like.says((unit) => like.replyBytes(unit, (n) => `${n}abc`), 'the server ends the connection')), `Digits only: no sign, no 12abc. ${broken}`),
  framed('a length below nothing', 'the length is negative', always(like.says((unit) => like.replyBytes(unit, (n) => `-${n}`), 'the server ends the connection')), `Digits only: no sign, no 12abc. ${broken}`),
  {
    ...framed('a length of two gigabytes', 'an answer of two gigabytes is announced', always(like.endsWith(0, ({ link }) => void link.write([Buffer.from('Content-Length: 2000000000\r\n\r\n{')]))), 'The limit of 4 MiB applies to the declared length: who waits for such a body waits for ever.'),
    check: tooLong,
  },
]

/** All that is asked of a client, in the order in which it is; before it stand the two of the simple server. */
export const clientCases: readonly ClientCase[] = [...framing, ...messages, ...errors, ...batches, ...waiting, ...hostile, ...deadlineCases, ...streamCases]

/** With the simple server: what it sends, and what it makes of the answers. */
export const kindCases = [
  { stage: 'framing', name: 'a request in a frame, and its answer', manner: kind },
  { stage: 'messages', name: 'what a request says' },
] as const

function framesOnly({ speaksLines }: Known): string | undefined {
  return speaksLines ? 'it speaks JSON lines, which have no header' : undefined
}

function notOfReply(broken: Broken): string {
  return broken.how === 'misses' ? 'what it prints does not come from the reply: it prints what it expects, or before the answer is there' : 'it cannot bear a result that is not what it expects'
}

function notACall(broken: Broken): string {
  if (broken.how === 'misses') return 'it takes a notification for its answer: an answer has the id of its call, and a result or an error'
  return 'it cannot bear a notification: a message with a method and no id wants no answer, and one that begins with $/ is passed over'
}

function hasText(calls: readonly Call[]): boolean {
  return calls.some(({ answer }) => answer && 'result' in answer && /"/.test(JSON.stringify(answer.result)))
}

/** Whether what it printed is the right bytes in a wrong encoding. */
function decodes(broken: Broken, { stdout, exit }: Played): boolean {
  return broken.how === 'misses' && exit?.code === 0 && /[ÃÂ\ufffd]|\\u00c3|\\ufffd|\\udc/i.test(stdout)
}

function sameLines({ stdout, host }: Played): boolean {
  const lines = linesOf(stdout)
  return host.calls.every(({ answer }) => answer && 'result' in answer && lines.some((line) => says(line, answer.result)))
}

function errorCause(broken: Broken, { stdout, stderr }: Played): string {
  const all = stdout + stderr
  if (broken.how === 'hangs') return 'it waits for ever when the answer is an error: an error settles its call, too'
  if (broken.how === 'crashes') return 'it crashes when the answer is an error'
  const named = all.includes(String(like.refusal.code)) || all.includes(like.refusal.message)
  if (named && broken.missing && 'value' in broken.missing) return 'it ends at the first error, without the results of its other calls: an error is of one call alone'
  if (/result/.test(stderr)) return 'it looks for "result" in an answer that has "error", and fails there: look which of the two it is'
  if (/^(null|None|undefined|nil|)$/m.test(stdout.trim())) return 'it ignores the error and prints nothing, or a result that never came: look whether the answer has "error"'
  return all.trim() === '' ? 'it says nothing of the error that came instead of a result' : 'what it prints names neither the code nor the message of the error that came'
}

function unanswered(played: Played): Problem | undefined {
  const { host } = played
  const answered = new Set(host.replies.map((reply) => reply['id']))
  const missing = host.asked.find((id) => !answered.has(id))
  if (missing === undefined) return undefined
  return {
    cause: 'it leaves a request of the server without an answer: who knows no methods answers -32601, Method not found',
    page: pages.caller,
    expected: [`{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":${JSON.stringify(missing)}}`],
    came: { kind: 'nothing', on: 'A', says: 'no answer came to get_data' },
  }
}

function tooLong(played: Played): Problem | undefined {
  if (played.stalled === undefined && played.exit) return notGivenUp(played, 'an answer of two gigabytes is announced')
  return {
    cause: 'it waits for a body of two gigabytes: refuse what is longer than 4 MiB as soon as its length is read',
    page: pages.limits,
    expected: ['(an error, and an exit code that is not 0)'],
    came: { kind: 'nothing', on: 'A', says: 'it does not end while the connection is open' },
  }
}
