import { isUtf8 } from 'node:buffer'
import type { Socket } from 'node:net'
import type { Address } from '../connections.ts'
import type { Failure } from '../run.ts'
import { ask, framed, plain, resultsIn } from './ask.ts'
import type { Heard, Move } from './ask.ts'
import type { Cause } from './bytes.ts'
import type { Sent } from './sent.ts'
import { meanings } from './messages.ts'
import { describe, isObject, sentOn } from './sent.ts'

const wire = (section: string) => `docs/wire.md#${section}`

/** What a search for a cause knows of the server and may do with it. */
export interface Lab {
  readonly address: Address
  /** Milliseconds after which a server that answers at all would have answered. */
  readonly window: number
  /** Whether it has ever answered anything, on how many connections. */
  readonly answered: number
  /** The exception that it has told of on stderr meanwhile, if there is one. */
  readonly exception?: string | undefined
  /** What it has printed on stdout, if that is ours to read. */
  readonly printed?: string | undefined
  /** Starts it again, where it can be started, and gives its address and its first connection. */
  readonly revive?: (() => Promise<{ readonly address: Address; readonly made: Socket }>) | undefined
}

/** Why nothing came, or the end of the connection: found by asking a little more. */
export async function causeOfSilence(failure: Failure, lab: Lab): Promise<Cause | undefined> {
  const { on, pending, arrival } = failure
  const ended = arrival?.kind === 'closed'
  let control = await ask(lab.address, lab.window, [plain])
  // What has been wrong may have made it slow.
  if (lab.answered > 0 && resultsIn(control.bytes) === 0 && !control.ended) control = await ask(lab.address, lab.window * 4, [plain])
  const answers = resultsIn(control.bytes) > 0
  const sent = sentOn(failure.case, on, failure.line)
  const clients = new Set(failure.case.script.map((step) => step.on))
  if (!answers && lab.answered > 0) {
    const cause = await causeOfGone(failure, sent, control, lab)
    if (cause) return cause
  }
  if (!answers && lab.answered === 0) return ended || control.ended ? causeOfHangUp(failure, control) : causeOfNoAnswer(lab)
  if (!ended && pending.some((step) => step.kind === 'closed') && !pending.some((step) => step.text.includes('"result"'))) return causeOfOpen(failure)
  if (clients.size > 1 && !ended && pending[0]?.on !== 'A') return causeOfOneClient(failure, lab)
  return causeOfUnanswered(failure, sent, ended, lab)
}

/** It has answered others, and now nobody. */
async function causeOfGone(failure: Failure, sent: readonly Sent[], control: Heard, { answered, window, revive }: Lab): Promise<Cause | undefined> {
  const page = wire('the-end-of-a-connection')
  const what = sent.at(-1) ? describe(sent.at(-1)!) : failure.case.id
  if (revive) {
    const { address: other, made } = await revive()
    const again = await ask(other, window, [plain], 1, made)
    const second = await ask(other, window, [plain])
    if (resultsIn(again.bytes) > 0 && resultsIn(second.bytes) === 0) {
      return { says: `Only the first client is served: its call is answered, and ${second.refused || second.ended ? 'the next finds nobody' : 'the next, when the first has left, is not'}. accept() belongs in a loop, and the end of one client is not the end of the server.`, page }
    }
    if (resultsIn(again.bytes) === 0) return undefined
    return { says: `At ${what} the server ${control.refused ? 'is gone: nothing listens any more' : 'hangs: from then on it answers nobody, on no connection'}.${what.includes('"sleep"') ? ' (What `sleep` takes are milliseconds.)' : ''}` }
  }
  const isFirst = answered === 1 && failure.case.stage === 'framing'
  const first = isFirst ? 'Only the first client is served, and the next is not' : `At ${what} the server ${control.refused ? 'is gone: nothing listens any more' : 'hangs: from then on it answers nobody, on no connection'}`
  return { says: `${first}.`, ...(isFirst && { page }) }
}

/** Why a right call got an error: whether it is how it came. Undefined when it is what it says. */
export async function causeOfRefusal(failure: Failure, lab: Lab): Promise<Cause | undefined> {
  const sent = sentOn(failure.case, failure.on, failure.line)
  return failure.case.stage === 'framing' ? causeOfUnanswered(failure, sent, false, lab) : undefined
}

function causeOfHangUp(failure: Failure, control: Heard): Cause {
  if (control.refused) return { says: 'Nothing listens there any more: the server is gone.' }
  const before = failure.before.length > 0
  return { says: before ? 'The connection is ended after one answer: it stays open until the client ends it.' : 'The connection is ended without an answer, at a plain call in a frame as the page has it.', page: wire('where-a-message-ends') }
}

/** It has never answered anything: what is it waiting for? */
async function causeOfNoAnswer({ address, window, printed }: Lab): Promise<Cause> {
  const body = plain.subarray(plain.indexOf('\r\n\r\n') + 4)
  const header = plain.subarray(0, plain.length - body.length)
  const page = wire('how-a-frame-is-read')
  if (/"result"|Content-Length/.test(printed ?? '')) return { says: 'The answer is printed on stdout, and not written to the connection.', page: wire('how-a-frame-is-written') }
  const heard = (moves: Move[], replies?: number) => ask(address, window, moves, replies)
  // All in one write was in vain. What is tried first asks for less.
  const lineEnd = await heard([plain, Buffer.from('\n')])
  if (lineEnd.bytes.length > 0 && (await heard([plain, 'wait', Buffer.from(' ')])).after > 0) {
    return { says: 'The first call is answered only when a byte more comes behind it: either it reads again before it looks at what it has, or it reads more bytes than the length says.', page }
  }
  const lines = { says: 'It answers a line of JSON, and no frame: a call begins with "Content-Length: N" and an empty line. (Or its answer to a frame stays in a buffer: flush it.)', page: wire('where-a-message-ends') }
  if (/^\s*\{/.test(lineEnd.bytes.toString('latin1'))) return lines
  if (lineEnd.bytes.length > 0) return { says: 'It answers only when a line end follows the body, which no frame has: read as many bytes as the length says, not a line.', page }
  const parts = await heard([header, 'wait', body])
  if (parts.bytes.length > 0) return { says: 'It answers only when header and body come in two pieces: what has come together with the header is the beginning of the body, and must not be lost.', page }
  const lineFeeds = await heard([Buffer.from(plain.toString().replaceAll('\r\n', '\n'))])
  if (lineFeeds.bytes.length > 0) return { says: 'It answers only when the lines of the header end in LF alone: they end in CR LF, bytes 13 and 10.', page }
  const line = await heard([body, Buffer.from('\n')])
  if (line.bytes.length > 0) return lines
  const next = await heard([plain, 'wait', plain])
  if (next.after === 3) return { says: 'The first call is answered only when a second comes: look at what has been read before you read again.', page }
  const end = await heard([plain, 'wait', 'end'])
  if (end.bytes.length > 0) {
    const long = framed(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'say', params: { text: 'long '.repeat(40_000) } }))
    const some = await heard([long])
    return some.bytes.length > 0
      ? { says: 'The answer stays in a buffer until the client has ended its side: flush what you have written.', page: wire('how-a-frame-is-written') }
      : { says: 'It answers only when the client has ended its side: either it reads until the end of the stream, which comes last of all (a message ends where its length says), or what it writes stays in a buffer (flush it).', page }
  }
  const wide = await heard([Buffer.concat([plain, Buffer.alloc(70_000, ' ')])])
  if (wide.bytes.length > 0) return { says: 'It answers only when more bytes come than the length says: it waits for a buffer to be full. Read as many bytes as there are.', page }
  return { says: 'It takes connections, and never answers: a call in a frame as the page has it brings nothing, whether the client ends its side or not.', page: wire('where-a-message-ends') }
}

/** The connection should have ended. */
function causeOfOpen({ case: { script, id, page: asked }, before, on }: Failure): Cause {
  const page = wire(script.some((step) => step.kind === 'end') ? 'the-end-of-a-connection' : 'a-frame-that-is-broken')
  const name = id.replace(/^\w+: /, '')
  if (script.some((step) => step.kind === 'end')) return { says: `The client has ended its side (${name}), and the server does not end its own: when all is answered, it closes.`, page }
  if (before.some((one) => one.on === on && one.kind === 'message' && one.raw.includes('"error"'))) {
    return { says: `The error for what is no frame, or too large (${name}), is sent, and the connection is not ended: nobody knows where the next message begins, so nothing more can be read.`, page: wire('a-frame-that-is-broken') }
  }
  if (asked.endsWith('limits')) return { says: `What has no end, or is too large (${name}), is taken in without a limit: it must be refused, and the connection ended, as soon as the limit is passed.`, page: asked }
  return { says: `What is no frame (${name}) is not refused: nobody knows where the next message begins, so the server says so (an error with the id null) and ends the connection.`, page }
}

/** One client is answered only after another: is that one connected, or busy? */
export async function causeOfOneClient({ case: one }: Failure, { address, window }: Lab): Promise<Cause> {
  const page = wire('who-waits-for-whom')
  const busy = one.needs === 'threads' ? 'computes' : 'waits'
  // A client that says nothing at all, and beside it another.
  const idle = ask(address, window * 2, ['wait'])
  await new Promise((done) => setImmediate(done))
  const beside = await ask(address, window, [plain])
  await idle
  return resultsIn(beside.bytes) > 0
    ? { says: `While the call of one client ${busy}, no other client is answered: one call at a time is served.`, page }
    : { says: 'While one client is connected, no other is answered, even if the first says nothing: one connection at a time is served.', page }
}

/** It answers a plain call, and not this: what is it about this? */
async function causeOfUnanswered(failure: Failure, sent: readonly Sent[], ended: boolean, lab: Lab): Promise<Cause | undefined> {
  const { address, window } = lab
  const refused = failure.arrival?.kind === 'message'
  const { before, on, case: one } = failure
  const page = wire('how-a-frame-is-read')
  const answered = before.filter((arrival) => arrival.on === on && arrival.kind === 'message').length
  const does = ended ? 'the connection is ended' : refused ? 'an error comes' : 'nothing comes'
  const heard = (moves: Move[], replies?: number) => ask(address, window, moves, replies)
  const calls = sent.filter(({ json }) => isObject(json) && 'id' in json)
  // Was it answered once, and is it over with that connection?
  if (answered > 0) {
    const twice = await heard([plain, 'wait', plain], 2)
    if (resultsIn(twice.bytes) < 2) {
      return twice.ended
        ? { says: 'The connection is ended after one answer: it stays open until the client ends it.', page: wire('the-end-of-a-connection') }
        : { says: 'On each connection the first call is answered, and no other: read on in a loop, until the client ends its side.', page: wire('the-end-of-a-connection') }
    }
  }
  if (one.framing === 'newline') return { says: `${capital(does)} when the call is a line of JSON: a connection that begins with "{" or "[" speaks in lines.`, page: wire('one-text-a-line') }
  const whole = sent.map(({ bytes }) => bytes)
  if (one.writes !== 'whole') {
    const joined = await heard([Buffer.concat(whole)], calls.length)
    if (resultsIn(joined.bytes) >= calls.length) return { says: `A message that comes in pieces is not answered (${does}), and the same in one piece is: one read may give a part of a message, so keep it and read on.`, page }
  }
  if (one.script.some((step) => step.kind === 'end')) {
    const open = await ask(address, window + 500, [Buffer.concat(whole)], calls.length)
    if (resultsIn(open.bytes) >= calls.length) return { says: 'When the client has ended its side right behind its request, the answer does not come: the other direction is still open, and what was asked is answered first.', page: wire('the-end-of-a-connection') }
  }
  if (sent.length > 1) {
    const apart = await heard(whole.flatMap((bytes) => [bytes, 'wait'] as const), calls.length)
    if (calls.length > 1 && resultsIn(apart.bytes) >= calls.length) return { says: `Of several messages that come in one piece ${ended ? 'the connection is ended at the second' : 'only the first is answered'}: what was read behind its end is the beginning of the next, so keep it.`, page }
  }
  if (!ended && !refused && one.script.some((step) => step.kind === 'send' && step.text.includes('"sleep"'))) {
    const cause = await causeOfLongSleep(lab)
    if (cause) return cause
  }
  const last = sent[Math.min(answered, sent.length - 1)]
  if (!last) return undefined
  return (refused ? await causeOfCut(last, heard) : undefined) ?? (await causeOfHeader(last, does, heard)) ?? (await causeOfLetters(last, does, heard)) ?? (await causeOfSize(last, does, heard)) ?? (refused ? undefined : ((await causeOfBatch(last, does, heard)) ?? causeOfContent(failure, last, ended, lab.exception)))
}

type Hear = (moves: Move[], replies?: number) => Promise<Heard>

/** Whether a part of the body is lost: white space that is free shows at which end. */
async function causeOfCut({ body, bytes }: Sent, heard: Hear): Promise<Cause | undefined> {
  if (bytes.length > 1000 || resultsIn((await heard([framed(body)])).bytes) > 0) return undefined
  const page = wire('how-a-frame-is-read')
  const text = body.toString()
  const rule = 'Right behind CR LF CR LF the body begins, and it has as many bytes as the length says'
  if (resultsIn((await heard([framed(`${text}    `)])).bytes) > 0) return { says: `The end of a body is lost: the same call with white space behind it is answered. ${rule}.`, page }
  if (resultsIn((await heard([framed(`    ${text}`)])).bytes) > 0) return { says: `The beginning of a body is lost: the same call with white space before it is answered. ${rule}.`, page }
  return undefined
}

async function causeOfHeader({ bytes, body }: Sent, does: string, heard: Hear): Promise<Cause | undefined> {
  const header = bytes.subarray(0, bytes.length - body.length).toString('latin1')
  if (/^Content-Length: \d+\r\n\r\n$/.test(header) || header.length > 1000) return undefined
  if (resultsIn((await heard([framed(body)])).bytes) === 0) return undefined
  const [first = ''] = header.split('\r\n')
  const name = first.split(':')[0]!
  const what =
    /^content-length$/i.test(name) && name !== 'Content-Length' ? `the name is written "${name}": it may be in any case`
    : !/^content-length$/i.test(name) ? `another field ("${name}") stands before the length: fields may come in any order`
    : header.split('\r\n').length > 3 ? 'another field stands behind the length: those that you do not know are passed over'
    : /:\d/.test(first) ? 'no space stands before the number: white space there is free'
    : 'more white space stands around the number: it is free'
  return { says: `The same call is answered with the usual header, and not with this one (${does}): ${what}.`, page: wire('how-a-frame-is-read') }
}

async function causeOfLetters({ body }: Sent, does: string, heard: Hear): Promise<Cause | undefined> {
  const text = body.toString()
  if (/^[\0-\x7f]*$/.test(text) || body.length > 10_000 || !isUtf8(body)) return undefined
  const missing = body.length - [...text].length
  const padded = await heard([Buffer.concat([framed(body), Buffer.alloc(missing, ' ')])])
  const page = wire('where-a-message-ends')
  if (resultsIn(padded.bytes) > 0) return { says: `The length is read as characters: this body has ${body.length} bytes and ${[...text].length} characters, and the server waits for ${missing} more. It counts bytes: cut the message first, decode it then.`, page }
  const ascii = await heard([framed(text.replace(/[^\0-\x7f]/g, (letter) => 'x'.repeat(Buffer.byteLength(letter))))])
  if (resultsIn(ascii.bytes) > 0) return { says: `A text with letters beyond ASCII is not answered (${does}), and the same without them is: a body is UTF-8, and its length is in bytes.`, page }
  return undefined
}

async function causeOfSize({ body, bytes, json }: Sent, does: string, heard: Hear): Promise<Cause | undefined> {
  if (bytes.length < 1000 || !isObject(json)) return undefined
  const ofSize = (size: number) => framed(`{"jsonrpc":"2.0","id":1,"method":"say","params":{"text":"${'x'.repeat(Math.max(size - 90, 1))}"}}`)
  const sizes = [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072].filter((size) => size < body.length)
  let most = 0
  for (const size of sizes) {
    if (resultsIn((await heard([ofSize(size)])).bytes) > 0) {
      most = size
      continue
    }
    const message = ofSize(size)
    const header = message.subarray(0, message.indexOf('\r\n\r\n') + 4)
    const early = await heard([header])
    if (early.bytes.length > 0 || early.ended) return { says: `A length of ${size} is refused before its body has come, and one of ${most} is not: bodies of up to 4 MiB are taken.`, page: wire('limits') }
    return { says: `Messages are answered up to about ${most === 0 ? 'some hundred' : most} bytes, and not those of ${size} (${does}): one read gives what has come so far, not all of a message. Read until as many bytes are there as its length says.`, page: wire('how-a-frame-is-read') }
  }
  return { says: `A message of ${bytes.length} bytes is not answered (${does}), and one of ${most} is: read until as many bytes are there as its length says.`, page: wire('how-a-frame-is-read') }
}

/** A batch that is not answered, and others are. */
async function causeOfBatch({ json }: Sent, does: string, heard: Hear): Promise<Cause | undefined> {
  if (!Array.isArray(json) || json.length === 0) return undefined
  const page = wire('batches')
  const call = '{"jsonrpc":"2.0","id":1,"method":"say","params":{"text":"one"}}'
  if (resultsIn((await heard([framed(`[${call}]`)])).bytes) === 0) return undefined
  const failing = framed(`[{"jsonrpc":"2.0","id":1,"method":"no such method"}]`)
  if ((await heard([failing])).bytes.length === 0) return { says: 'A batch whose calls all fail gets no answer, and one that succeeds does: an error is an answer like a result, and stands in the array.', page }
  if ((await heard([framed('[1]')])).bytes.length === 0) return { says: `${capital(does)} for a batch in which something is no request, and for others an answer: each such item gets the error -32600, id null, in the array.`, page }
  if (resultsIn((await heard([framed(`[${call},{"jsonrpc":"2.0","method":"say","params":{"text":"two"}}]`)])).bytes) === 0) return { says: `${capital(does)} for a batch with a notification in it, and for others an answer: the calls beside it get theirs.`, page }
  return { says: `${capital(does)} for this batch, and a batch of one call is answered: each call of it, and each item that is no request, has its answer in one array.`, page }
}

function capital(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}`
}

function causeOfContent({ case: { page, id: name }, pending }: Failure, last: Sent, ended: boolean, exception: string | undefined): Cause {
  const wanted = pending.map((step) => /"error":\{"code":(-?\d+)/.exec(step.text)?.[1]).find((code) => code !== undefined)
  const must = wanted === undefined || meanings[wanted] === undefined ? '' : ` It must get the error ${wanted}, for ${meanings[wanted]}.`
  if (ended && page.endsWith('a-frame-that-is-broken')) {
    return { says: `The connection is ended without a word at what is no frame (${name.replace(/^\w+: /, '')}): first the server says so, with an error whose id is null.`, page }
  }
  const what = describe(last, true)
  const { json } = last
  const id = isObject(json) && 'method' in json ? json['id'] : undefined
  if (!ended && exception === undefined && isObject(json) && 'id' in json && (id === 0 || id === '' || id === null)) {
    return { says: `A request whose id is ${JSON.stringify(id)} gets no answer: it is taken for a notification, and only a request without any id is one.`, page: wire('ids') }
  }
  if (Array.isArray(json) && json.length > 0) {
    return { says: `${ended ? 'At a batch the connection is ended' : 'A batch gets no answer'}, and a plain call is answered: several messages may come in one array, and their answers go back in one array.`, page: wire('batches') }
  }
  if (isObject(json) && !('id' in json) && typeof json['method'] === 'string' && wanted === undefined) {
    return { says: `After ${what} ${ended ? 'the connection is ended' : 'the next call on that connection is not answered'}: it gets no reply, and the connection goes on.`, page }
  }
  return { says: ended ? `At ${what} the connection is ended, and a plain call is answered: the connection goes on, whatever stands in a good frame.${must}` : `There is no answer to ${what}, and a plain call is answered.${must}`, page }
}

/** Whether `sleep` takes its milliseconds for seconds. */
async function causeOfLongSleep({ address, window }: Lab): Promise<Cause | undefined> {
  const since = performance.now()
  const heard = await ask(address, window + 2000, [framed('{"jsonrpc":"2.0","id":1,"method":"sleep","params":{"ms":1}}')])
  if (resultsIn(heard.bytes) === 0 || performance.now() - since < 800) return undefined
  return { says: '`sleep` takes milliseconds, and this one takes them for seconds: asked for 1 ms it answers after a second.', page: 'docs/service.md#the-methods' }
}

/** Whether `sleep` answers at once: then no order of answers says anything of waiting. */
export async function causeOfNoSleep({ address, window }: Lab): Promise<Cause | undefined> {
  const since = performance.now()
  const heard = await ask(address, window + 300, [framed('{"jsonrpc":"2.0","id":1,"method":"sleep","params":{"ms":200}}')])
  const ms = Math.round(performance.now() - since)
  if (resultsIn(heard.bytes) === 0 || ms > 150) return undefined
  return { says: '`sleep` does not wait: asked for 200 ms it answers at once.', page: 'docs/service.md#the-methods' }
}
