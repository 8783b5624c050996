import type { Node } from '../json.ts'
import { readJson } from '../json.ts'
import { matchMessage } from '../match.ts'
import type { Expected, Failure } from '../run.ts'
import { traceIn } from '../trace.ts'
import type { Cause } from './bytes.ts'
import type { Message, Sent } from './sent.ts'
import { describe, isObject, requestsOf, sentOn } from './sent.ts'

const wire = (section: string) => `docs/wire.md#${section}`

/** Why a message that came is not the one that was expected. */
export function causeOfMessage(failure: Failure, text: string): Cause | undefined {
  const got: unknown = JSON.parse(text)
  const sent = sentOn(failure.case, failure.on, failure.line)
  const asked = [...requestsOf(sent), probeOf(failure)]
  const pending = failure.pending.filter((step) => step.on === failure.on)
  const patterns = pending.flatMap((step) => (step.kind === 'message' ? [step.pattern] : []))
  if (pending.length === 0 || isDueLater(failure, text)) return causeOfOrder(failure, sent, got)
  if (pending.some((step) => step.kind === 'closed') && isObject(got) && 'result' in got) {
    const name = failure.case.id.replace(/^\w+: /, '')
    return { says: `What is no frame (${name}) is taken for one, and its call is run: the connection must end.` }
  }
  const batch = sent.findLast(({ json }) => Array.isArray(json))
  if (batch && sent.every(({ json }) => Array.isArray(json))) {
    const cause = causeOfBatch(batch.json as unknown[], got, pending.some(isProbe) ? [] : patterns)
    if (cause) return cause
  }
  if (got === null && pending.some(isProbe)) return { says: '`null` is sent for what gets no reply, such as a notification: then nothing at all is sent.', page: wire('notifications') }
  const fraction = fractionFor(patterns, readJson(text))
  if (fraction) return fraction
  if (Array.isArray(got) && got.length === 0) {
    return { says: 'An empty array is sent where nothing is left to be said: then nothing at all is sent.', page: wire('batches') }
  }
  if (Array.isArray(got)) {
    return { says: batch ? 'The answers of a batch are not those that were asked for: each call of it has one, with its id.' : 'One request is answered with an array: only a batch, which is an array itself, is.', page: wire('batches') }
  }
  if (!isObject(got)) return { says: `The reply is ${got === null ? 'null' : `a ${typeof got}`}: it is an object with "jsonrpc", "id" and "result" or "error".`, page: wire('what-a-message-says') }
  return causeOfReply(failure, got, patterns, asked)
}

/** A whole number as an id, that has become another text. */
function fractionFor(patterns: readonly Node[], message: Node): Cause | undefined {
  const { id } = objectOf(message)
  const wanted = patterns.map((pattern) => objectOf(pattern)['id']).find((one) => one?.kind === 'number' && id?.kind === 'number' && one.text !== id.text && Number(one.text) === Number(id.text))
  if (wanted?.kind !== 'number' || id?.kind !== 'number') return undefined
  return { says: `The id came back as ${id.text}: it was ${wanted.text}, and comes back as it was written. (Some JSON libraries make a fraction of every number.)`, page: wire('ids') }
}

function probeOf({ pending }: Failure): Message {
  const probe = pending.find(isProbe)
  const pattern = probe?.kind === 'message' ? probe.pattern : undefined
  return pattern ? { jsonrpc: '2.0', id: idOf(pattern), method: 'say', params: { text: 'one more' } } : {}
}

function isProbe(step: Expected): boolean {
  return step.text.includes('nothing, then')
}

/** Whether this is right, and only came too early. */
function isDueLater({ later, on, case: { script } }: Failure, text: string): boolean {
  const due = later.length > 0 ? later : script
  const message = readJson(text)
  return due.some((step) => step.kind === 'message' && later.includes(step) && step.on === on && !matchMessage(step.pattern, message))
}

function causeOfOrder({ case: { needs, script }, on, pending, before }: Failure, sent: readonly Sent[], got: unknown): Cause {
  const page = wire('who-waits-for-whom')
  const connections = new Set(script.map((step) => step.on))
  const waits = pending[0]?.on ?? on
  if (needs === 'threads') return { says: `Connection ${on} has its answer before ${waits}: while one call computes, nobody else is answered.`, page }
  if (connections.size > 1 && waits !== on) return { says: `Connection ${on}, whose call waits, has its answer before ${waits}, whose call takes no time: one client at a time is served.`, page }
  const [first] = requestsOf(sent)
  const isFirst = isObject(got) && JSON.stringify(got['id']) === JSON.stringify(first?.['id']) && !before.some((one) => one.on === on)
  if (connections.size === 1 && isObject(got) && !isFirst && !Array.isArray(sent[0]?.json)) {
    return { says: `The answer with the id ${JSON.stringify(got['id'])} comes before its time: who takes less time is answered first, and this machine may have been too busy to tell.`, page }
  }
  return { says: 'Who asked first is answered first, though it takes longest: the server waits for one call to end before it reads the next.', page }
}

function causeOfBatch(batch: unknown[], got: unknown, patterns: readonly Node[]): Cause | undefined {
  const page = wire('batches')
  const expected = patterns[0]
  const calls = batch.filter((one) => isObject(one) && 'id' in one)
  if (batch.length === 0 && Array.isArray(got)) return { says: 'An empty batch is answered with an array: it is an invalid request, and gets one error object (-32600, id null).', page }
  const onlyNotifications = calls.length === 0 && batch.every((one) => isObject(one) && 'method' in one)
  if (onlyNotifications && !expected) return { says: `${Array.isArray(got) && got.length === 0 ? 'An empty array' : 'Something'} is sent for a batch of notifications only: nothing at all is sent for it.`, page }
  if (Array.isArray(got) && expected?.kind === 'array') return causeOfItems(batch, got, expected, page)
  if (isObject(got) && expected?.kind === 'array') {
    const error = got['error']
    if (isObject(error)) {
      const code = error['code']
      const one = calls.length > 0 && 'id' in got && got['id'] !== null
      if (!one && expected.items.length > 1 && expected.items.every((item) => 'error' in objectOf(item))) return { says: `A batch in which calls fail is answered with one error, ${JSON.stringify(code)}: each call has its own answer in the array, a result or an error.`, page }
      const spoils = batch.find((item) => !isObject(item) || typeof item['method'] !== 'string')
      const wanted = expected.items.length
      if (!one && spoils !== undefined) return { says: `A batch with something in it that is no request (${Array.isArray(spoils) ? 'an array' : isObject(spoils) ? 'an object without a method' : JSON.stringify(spoils).slice(0, 30)}) is refused as a whole, ${JSON.stringify(code)}: each item is looked at by itself, and ${wanted === 1 ? 'its error stands' : 'their answers stand'} in an array.`, page }
      if (!one) return { says: `A batch is answered with one error, ${JSON.stringify(code)}: several messages in one array must be taken, and their answers come in one array.`, page }
    }
    if (Array.isArray(got['result']) && got['result'].some((one) => isObject(one) && 'jsonrpc' in one)) return { says: 'The array of answers stands in the "result" of one reply: it is the whole message, without anything around it.', page }
    return { says: 'The answers of a batch come as single messages: they come together, in one array.', page }
  }
  return undefined
}

function causeOfItems(batch: unknown[], got: unknown[], expected: Extract<Node, { kind: 'array' }>, page: string): Cause | undefined {
  const ids = batch.flatMap((one) => (isObject(one) && 'id' in one ? [JSON.stringify(one['id'])] : []))
  const notified = batch.some((one) => isObject(one) && typeof one['method'] === 'string' && !('id' in one))
  if (got.length > expected.items.length) {
    const extra = got.filter((one) => !isObject(one) || one['id'] == null).length
    const wanted = expected.items.filter((item) => idOf(item) === null).length
    if (notified && extra > wanted) return { says: 'A notification in a batch is answered: what has no id gets no answer there either.', page }
    return { says: `The batch has ${expected.items.length} answers to get, and ${got.length} came: a call was answered twice, or what is none was answered.`, page }
  }
  if (got.length < expected.items.length) {
    const missing = ids.filter((id) => !got.some((one) => isObject(one) && JSON.stringify(one['id']) === id))
    const which = missing.length > 0 ? `that with the id ${missing.slice(0, 3).join(', ')} is missing` : 'what is no request in it has no error'
    return { says: `The batch has ${expected.items.length} answers to get, and ${got.length} came: ${which}. Each call, and each item that is no request, has its answer.`, page }
  }
  const left = [...expected.items]
  for (const one of got) {
    const node = readJson(JSON.stringify(one))
    const found = left.findIndex((item) => !matchMessage(item, node))
    if (found >= 0) {
      left.splice(found, 1)
      continue
    }
    if (!isObject(one)) return { says: `An answer in a batch is ${JSON.stringify(one).slice(0, 40)}: each is a reply, an object with "jsonrpc", "id" and "result" or "error".`, page }
    const owner = isObject(one) && 'result' in one && expected.items.find((item) => idOf(item) !== one['id'] && 'result' in objectOf(item) && JSON.stringify((valueOf(item) as Message)['result']) === JSON.stringify(one['result']))
    if (owner && expected.items.some((item) => idOf(item) === one['id'])) return { says: `In a batch: the result ${JSON.stringify(one['result']).slice(0, 40)} comes under the id ${JSON.stringify(one['id'])}, and is that of ${idTextOf(owner)}: each answer has the id of its own call.`, page }
    const item = left.find((item) => idOf(item) === (one['id'] ?? null)) ?? left[0]!
    const cause = causeOfEnvelope(one, item, batch.filter(isObject)) ?? causeOfContent(one, item, batch.filter(isObject))
    return cause && { ...cause, says: `In a batch: ${cause.says}` }
  }
  return undefined
}

function causeOfReply(failure: Failure, got: Message, patterns: readonly Node[], asked: readonly Message[]): Cause | undefined {
  const { before, pending, on } = failure
  const id = JSON.stringify(got['id'])
  if ('method' in got && !('result' in got) && !('error' in got) && !patterns.some((pattern) => 'method' in objectOf(pattern))) {
    const same = asked.some((request) => request['method'] === got['method'] && JSON.stringify(request['id']) === id)
    return { says: same ? 'The request itself is sent back: a reply has "result" or "error", and no method.' : 'A request of its own came: a reply has "result" or "error", and no method.', page: wire('what-a-message-says') }
  }
  const seen = before.flatMap((one) => (one.kind === 'message' && one.on === on ? [JSON.parse(one.raw.slice(one.bodyAt)) as unknown] : []))
  const wanted = patterns.find((pattern) => JSON.stringify(idOf(pattern)) === id)
  const nearest = patterns.find((one) => String(idOf(one)) === String(got['id'])) ?? patterns[0]
  // The right answer under the id of an answer before it is not that one again.
  const asWanted = nearest && 'result' in got && JSON.stringify((valueOf(nearest) as Message)['result']) === JSON.stringify(got['result'])
  const again = seen.some((one) => isObject(one) && JSON.stringify(one['id']) === id)
  const twice = asked.filter((request) => 'id' in request && JSON.stringify(request['id']) === id).length > 1
  if (twice && patterns.some((one) => 'error' in objectOf(one)) && 'result' in got) {
    return { says: `A second request with the id ${id}, which is still in flight, is taken: two replies with one id cannot be told apart, so it is refused (-32600).`, page: wire('ids') }
  }
  if (!wanted && again && !asWanted && id !== 'null' && id !== undefined) {
    return { says: `The request with the id ${id} is answered twice: each request has exactly one reply.`, page: wire('what-a-message-says') }
  }
  if (!wanted && got['id'] == null && pending.some(isProbe)) {
    const notification = asked.find((request) => typeof request['method'] === 'string' && !('id' in request))
    if (notification) return { says: `A notification is answered ("${String(notification['method'])}"${'error' in got ? ', with an error' : ''}): a request without an id gets no reply, not even an error.`, page: wire('notifications') }
    if (asked.some((one) => !('method' in one) && 'id' in one && ('result' in one || 'error' in one))) {
      return { says: 'A reply that nobody waits for is answered: two programs that do this never stop.', page: wire('what-a-message-says') }
    }
  }
  if (!wanted && pending.some(isProbe) && requestsOf(sentOn(failure.case, on, failure.line)).some((one) => 'result' in one || 'error' in one)) {
    return { says: 'A reply that nobody waits for is answered: two programs that do this never stop.', page: wire('what-a-message-says') }
  }
  if (got['id'] === null && 'error' in got && pending.every(isProbe) && seen.length > 0 && isObject(got['error']) && [-32700, -32600].includes(got['error']['code'] as number)) {
    return { says: `Behind the right answer comes an error (${String(got['error']['code'])}, id null) for which nothing was sent: either the call is answered twice, or what is left of it is taken for another message.`, page: wire('what-a-message-says') }
  }
  const elsewhere = failure.case.script.some((step) => step.on !== on && requestsOf(sentOn(failure.case, step.on, failure.line)).some((one) => 'id' in one && JSON.stringify(one['id']) === id))
  if (elsewhere && !twice && isObject(got['error']) && got['error']['code'] === -32600 && wanted && 'result' in objectOf(wanted)) {
    return { says: `The id ${id} is in flight on another connection, and refused for that: each connection has ids of its own.`, page: wire('ids') }
  }
  const pattern = wanted ?? nearest
  if (!pattern) return undefined
  const last = sentOn(failure.case, on, failure.line).at(-1)
  const what = last && last.json === undefined ? describe(last) : undefined
  return causeOfStream(got, pattern) ?? causeOfEnvelope(got, pattern, asked) ?? causeOfContent(got, pattern, asked, what, failure.case.writes !== 'whole')
}

/** Of items, where the one or the other is of a stream. */
function causeOfStream(got: Message, pattern: Node): Cause | undefined {
  const page = wire('items-and-credit')
  const wanted = valueOf(pattern) as Message
  if (typeof wanted['method'] === 'string' && !('method' in got)) {
    if ('error' in got) return undefined
    return wanted['method'] === '$/credit/up'
      ? { says: '`meta.stream` is not looked at: who is streamed to grants credit, with `$/credit/up`, before it answers.', page }
      : { says: '`meta.credit` is not looked at, or the end came too early: the items of the answer come in `$/stream/down`, and the reply behind them is their end.', page }
  }
  if (got['method'] === '$/stream/down' && wanted['method'] !== '$/stream/down') {
    return { says: 'More items came than were granted: with no credit left a stream waits.', page }
  }
  if (typeof wanted['method'] === 'string' && wanted['method'] !== got['method']) return { says: `"${String(got['method'])}" came where "${wanted['method']}" must come.`, page }
  return typeof wanted['method'] === 'string' ? { says: 'The items are not those that were asked for, or not for this request: they come in order, each once, and no more than was granted.', page } : undefined
}

/** What of a reply is wrong whatever was asked. */
function causeOfEnvelope(got: Message, pattern: Node, asked: readonly Message[]): Cause | undefined {
  const page = wire('what-a-message-says')
  if ('method' in objectOf(pattern)) return undefined
  if (!('jsonrpc' in got)) return { says: '"jsonrpc" is missing: every message has "jsonrpc":"2.0".', page }
  if (got['jsonrpc'] !== '2.0') return { says: `"jsonrpc" is ${JSON.stringify(got['jsonrpc'])}: it is the string "2.0".`, page }
  const idCause = causeOfId(got, pattern, asked)
  if (idCause) return idCause
  const { result, error } = got
  if ('result' in got && 'error' in got) {
    const which = error === null ? '"error" is null beside a result: it is left out' : result === null ? '"result" is null beside an error: it is left out' : 'There are a result and an error'
    return { says: `${which}. A reply has exactly one of the two.`, page }
  }
  if (!('result' in got) && !('error' in got)) {
    const misspelt = Object.keys(got).find((name) => !['jsonrpc', 'id'].includes(name))
    if (misspelt !== undefined && 'error' in objectOf(pattern)) return { says: `The error is in "${misspelt}": it is in "error".`, page }
    if (misspelt !== undefined && 'result' in objectOf(pattern)) return { says: `The answer is in "${misspelt}": it is in "result".`, page }
    return { says: 'There is neither "result" nor "error": a method without a result answers "result":null.', page }
  }
  if ('error' in got && (!isObject(error) || !Number.isInteger(error['code']) || typeof error['message'] !== 'string')) {
    const what = !isObject(error) ? `is ${JSON.stringify(error).slice(0, 60)}` : !Number.isInteger(error['code']) ? `has the code ${JSON.stringify(error['code']) ?? 'missing'}` : 'has no message'
    return { says: `"error" ${what}: it is an object with "code", a whole number, and "message", a text.`, page: wire('errors') }
  }
  const extra = Object.keys(got).find((name) => !['jsonrpc', 'id', 'result', 'error'].includes(name))
  if (extra !== undefined) return { says: `There is a member "${extra}", which no reply has: it has "jsonrpc", "id", and "result" or "error".`, page }
  return undefined
}

function causeOfId(got: Message, pattern: Node, asked: readonly Message[]): Cause | undefined {
  const page = wire('ids')
  const members = objectOf(pattern)
  const expected = idOf(pattern)
  if (!('id' in members) || expected === undefined) return undefined
  const text = idTextOf(pattern)
  const other = Object.keys(got).find((name) => /^(id|request_?id|_id)$/i.test(name))
  if (!('id' in got) && other !== undefined) return { says: `The id is in "${other}": it is in "id".`, page }
  if (!('id' in got)) return { says: `The reply has no id: it has the id of its request, ${text}${expected === null ? ' where that is not known' : ''}.`, page }
  const { id } = got
  if (matchId(pattern, got)) return undefined
  const isError = 'error' in got
  // What is taken for broken has no id that could be sent back: the cause is why it is taken so.
  if (id === null && isError && 'result' in members && isObject(got['error']) && [-32700, -32600].includes(got['error']['code'] as number)) return undefined
  if (id === null) return { says: isError ? `The id is null, and that of the request is known, ${text}: the error carries it. Null is for what cannot be read.` : `The id is null: it is that of the request, ${text}.`, page }
  if (expected === null) {
    return 'error' in members && !('result' in members)
      ? { says: isError ? `The id is ${JSON.stringify(id)}: what is no request, or has no id that can be sent back, is answered with the id null.` : `A request whose id is ${JSON.stringify(id)} is taken and answered: it is an invalid request, -32600.`, page }
      : { says: `The id is ${JSON.stringify(id)}, and that of the request is null.`, page }
  }
  if (typeof id !== typeof expected && String(id) === String(expected)) {
    return { says: `The id came back as a ${typeof id}, ${JSON.stringify(id)}: it was the ${typeof expected} ${text}, and comes back as it was.`, page }
  }
  if (asked.some((one) => JSON.stringify(one['id']) === JSON.stringify(id))) {
    return { says: `The reply has the id ${JSON.stringify(id)}, of another request: each has that of its own, ${text}.`, page }
  }
  if (typeof id === 'number' && typeof expected === 'number' && Math.trunc(id) === Math.trunc(expected)) {
    return { says: `The id ${text} came back as ${JSON.stringify(id)}: it was made a whole number. It comes back as it was.`, page }
  }
  return { says: `The id came back as ${JSON.stringify(id)}: it was ${text}, and comes back exactly as it was.`, page }
}

/** Result or error, and which. */
function causeOfContent(got: Message, pattern: Node, asked: readonly Message[], said?: string, inPieces = false): Cause | undefined {
  const expected = valueOf(pattern) as Message
  const request = asked.find((one) => 'id' in one && JSON.stringify(one['id']) === JSON.stringify(got['id'])) ?? (asked.length === 2 ? asked[0] : undefined)
  const what = request ? describe({ json: request, body: Buffer.from('{}'), bytes: Buffer.alloc(0) }) : said
  const wantedError = isObject(expected['error']) ? expected['error'] : undefined
  const error = isObject(got['error']) ? got['error'] : undefined
  const askedId = request?.['id']
  if (wantedError && !error && typeof askedId === 'number' && Math.abs(askedId) > Number.MAX_SAFE_INTEGER) {
    return { says: 'An id that is too large for a number of 64 bits with a point (a double) is changed and sent back: refuse it (-32600, id null), or send it back digit for digit.', page: wire('ids') }
  }
  if (wantedError && isObject(got['result']) && typeof got['result']['code'] === 'number' && 'message' in got['result']) {
    return { says: 'The error stands in "result": what has a code and a message stands in "error", and then there is no "result".', page: wire('errors') }
  }
  if (wantedError && !error && typeof wantedError['code'] === 'number' && wantedError['code'] === -32601 && isServedAs(request?.['method'])) {
    return { says: `"${String(request['method'])}" is found, and only "${String(request['method']).toLowerCase()}" is there: capitals matter. It must get the error -32601, for ${meanings['-32601']!}.`, page: wire('methods') }
  }
  if (wantedError && !error) return takenThough(wantedError['code'], what)
  if (wantedError && error) return otherError(wantedError, error, what)
  if (error && 'result' in expected) return refusedThough(error, request, what)
  if ('result' in expected && 'result' in got) return otherResult(expected['result'], got['result'], request, inPieces)
  return undefined
}

/** What each code is for. */
export const meanings: Readonly<Record<string, string>> = {
  '-32700': 'what is not JSON (Parse error)',
  '-32600': 'JSON that is no request (Invalid Request)',
  '-32601': 'a method that does not exist (Method not found)',
  '-32602': 'parameters that the method does not take (Invalid params)',
  '-32603': 'an accident in the method (Internal error)',
  '-32800': 'a call that was given up',
  '-32008': 'a deadline that is over',
  '-32029': 'too many requests',
  '-32001': 'somebody who has not said who they are',
}

function takenThough(code: unknown, what: string | undefined): Cause {
  const page = code === -32008 || code === -32800 ? wire('deadlines-and-cancels') : undefined
  const says: Record<string, string> = {
    '-32700': 'What is not JSON is taken for a message',
    '-32601': 'A method that does not exist is found, and answered with a result',
    '-32602': 'The method does not look at its parameters, and wrong ones are answered with a result',
    '-32008': '`meta.timeoutMs` is not looked at, and the call ran on when its time was over',
    '-32800': '`$/cancelRequest` is not heeded, and the call that was given up ran to its end',
    '-32029': 'Everything is taken on, however much waits already',
    '-32001': 'It is answered who has not said who they are, or has said it falsely',
  }
  const meaning = meanings[String(code)]
  const sentence = says[String(code)] ?? `${what === undefined ? 'This' : capital(what)} is answered with a result`
  return { says: `${sentence}. It must get the error ${String(code ?? 'that it asked for')}${meaning === undefined ? '' : `, for ${meaning}`}.`, ...(page !== undefined && { page }) }
}

function otherError(wanted: Message, error: Message, what: string | undefined): Cause {
  const [should, is] = [wanted['code'], error['code']]
  const trace = traceIn(`${String(error['message'])}\n${textOf(error['data'])}`)
  if (trace !== undefined) return { says: `A stack trace is sent to the caller ("${trace}"): it goes to the log of the server, and the reply says no more than "Internal error" and where to look.`, page: wire('errors') }
  if (typeof should === 'number' && should !== is) {
    const is32603 = is === -32603 ? ' Look at it before the method runs.' : ''
    return { says: `${what === undefined ? 'This' : capital(what)} gets the error ${String(is)}, and must get ${should}: that is for ${meanings[String(should)] ?? 'this'}.${is32603}`, page: wire('errors') }
  }
  if (typeof wanted['message'] === 'string' && wanted['message'] !== error['message']) {
    return { says: `The message of the error ${String(is)} is ${JSON.stringify(error['message'])}: it is ${JSON.stringify(wanted['message'])}.`, page: wire('errors') }
  }
  if ('data' in wanted && wanted['data'] === null && !('data' in error)) return { says: 'The "data" of the error was null, and is left out: what a method means for its caller arrives whole, null as well.', page: wire('errors') }
  if ('data' in wanted) return { says: 'The "data" of the error is not as it must be: what a method means for its caller arrives whole.', page: wire('errors') }
  return { says: 'The error is not as it must be.', page: wire('errors') }
}

function refusedThough(error: Message, request: Message | undefined, what: string | undefined): Cause {
  const code = error['code']
  const it = what === undefined ? 'What is right' : capital(what)
  if (code === -32601 && request) return { says: `The method "${String(request['method'])}" is not known: the service has it.`, page: 'docs/service.md#the-methods' }
  const says = `${it} is refused with ${String(code)} (${JSON.stringify(error['message']) ?? 'no message'})`
  if (code === -32602 && request) {
    const { params } = request
    const how = params === undefined || params === null ? 'left out by a method that has none' : Array.isArray(params) ? 'in order, as an array' : 'by name, as an object'
    return { says: `${says}: parameters may be given ${how}.`, page: wire('parameters') }
  }
  if (code === -32603) return { says: `${says}: the method had an accident with what it must take.` }
  if (code === -32700) return { says: `${says}, and it is JSON.` }
  return { says: `${says}, and is right.` }
}

function otherResult(wanted: unknown, result: unknown, request: Message | undefined, inPieces: boolean): Cause | undefined {
  if (typeof wanted === 'string' && typeof result === 'string') {
    if (inPieces && /[?\ufffd]/.test(result) && !/[?\ufffd]/.test(wanted)) return { says: 'A letter whose bytes come in two pieces is spoiled: decode a body when all of it is there, not each piece.', page: wire('where-a-message-ends') }
    const latin = Buffer.from(wanted).toString('latin1')
    if (result === latin || /\u00c3[\u0080-\u00bf\u2018-\u203a]|\u00c3\u00a9/.test(result)) return { says: 'UTF-8 is read as if it were Latin-1 (or another encoding of one byte a letter): decode what comes as UTF-8.', page: wire('where-a-message-ends') }
    if (result.includes('\ufffd') && !wanted.includes('\ufffd')) return { says: 'Letters came back as "\ufffd": the bytes of one were decoded in pieces, or in another encoding. Decode a whole body, as UTF-8.', page: wire('where-a-message-ends') }
    if (/\?/.test(result) && /[^\0-\x7f]/.test(wanted) && !wanted.includes('?')) return { says: 'Letters came back as "?": the text went through an encoding that has none for them. Read and write UTF-8.', page: wire('how-a-frame-is-written') }
    if (result === JSON.stringify(wanted)) return { says: 'The result is JSON inside a string: it was encoded twice, once by itself and once with the reply.', page: wire('what-a-message-says') }
    if (result === wanted.replace(/^You said: /, '')) return { says: 'The text comes back alone: `say` answers with "You said: " before it.', page: 'docs/service.md#the-methods' }
    if (wanted.normalize() === result.normalize()) return { says: 'The text came back with its accents written otherwise (Unicode normalization): it comes back as it was.' }
  }
  if (typeof wanted === 'number' && typeof result === 'string' && Number(result) === wanted) return { says: `The result is the string ${JSON.stringify(result)}: it is the number ${wanted}.`, page: 'docs/service.md#the-methods' }
  if (wanted === null && result === undefined) return { says: 'The result is missing: a method without one answers null.' }
  if (request && typeof wanted === 'number' && result === -wanted && isObject(request['params'])) {
    return { says: 'Parameters by name are taken in the order in which they stand: look each up by its name.', page: wire('parameters') }
  }
  const method = request ? `"${String(request['method'])}"` : 'The method'
  return { says: `${method} answered ${JSON.stringify(result)?.slice(0, 60) ?? 'nothing'}: the result is ${wanted === undefined ? 'another' : JSON.stringify(wanted).slice(0, 60)}.`, page: 'docs/service.md#the-methods' }
}

/** Whether this is the name of a method in other letters. */
function isServedAs(method: unknown): method is string {
  return typeof method === 'string' && method !== method.toLowerCase() && /^(say|fetch|sleep|add|subtract|sum|hash|fail|get_data)$/i.test(method)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '').replaceAll('\\n', '\n').replaceAll('\\"', '"')
}

function capital(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}`
}

function objectOf(node: Node): Record<string, Node> {
  return node.kind === 'object' ? Object.fromEntries(node.members) : {}
}

/** The id that a pattern has; undefined when any will do. */
function idOf(node: Node): unknown {
  const id = objectOf(node)['id']
  return id && valueOf(id)
}

function idTextOf(node: Node): string {
  const id = objectOf(node)['id']
  return id?.kind === 'number' ? id.text : JSON.stringify(idOf(node)).slice(0, 60)
}

function matchId(pattern: Node, got: Message): boolean {
  const id = objectOf(pattern)['id']
  return !id || !matchMessage(id, readJson(JSON.stringify(got['id'])))
}

/** A pattern as a value; what may be anything is undefined. */
function valueOf(node: Node): unknown {
  switch (node.kind) {
    case 'any':
      return undefined
    case 'array':
      return node.items.map(valueOf)
    case 'object':
      return Object.fromEntries([...node.members].map(([name, member]) => [name, valueOf(member)]))
    case 'string':
      return node.value
    case 'number':
      return Number(node.text)
    case 'literal':
      return JSON.parse(node.text) as unknown
  }
}
