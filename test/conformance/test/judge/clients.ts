import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { CallWords } from '@rpc-steps/cli'
import type { Exit, Program } from '../../src/command.ts'
import type { Client } from '../../src/judge/client.ts'

/** Famous ways for a client to be wrong. */
export type Bug = (typeof bugs)[number]
export const bugs = [
  // Where it connects, and when it speaks.
  'another port',
  'waits for a greeting',
  'flushes at the end',
  'ends before it connects',
  'sends nothing',
  // Frames.
  'length in characters',
  'length with the header',
  'length of the same with spaces',
  'a zero byte',
  'line feeds',
  'no empty line',
  'line end after the body',
  'line end counted and not sent',
  'byte order mark',
  'Latin-1',
  'UTF-16',
  'another header',
  'small letters',
  'another field first',
  'JSON without a frame',
  'lines, and reads frames',
  'HTTP',
  'length in binary',
  'as Python shows it',
  'encoded twice',
  'all in one frame',
  'a byte less is sent',
  'one message into another',
  // Messages.
  'no jsonrpc',
  'jsonrpc as a number',
  'id null',
  'id in fractions',
  'one id for all',
  'no id',
  'params as a value',
  'params encoded twice',
  'args',
  // What comes.
  'reads until the end',
  'no header is read',
  'one read, one message',
  'one read, one body',
  'loses what follows',
  'counts characters',
  'Latin-1 comes',
  'LF ends a header',
  'one spelling',
  'first line is the length',
  'one header line',
  'small buffer',
  'members in order',
  'no escapes',
  'looks for its id as a string',
  'a result must be true',
  'null as its language has it',
  'a notification is an answer',
  'ids are not compared',
  'unknown ids end it',
  'always the same id',
  'matched by order',
  'no answer to the server',
  'answers notifications',
  'prints what it expects',
  'prints the reply',
  'prints without quotes',
  'prints nothing',
  'one answer is enough',
  'prints over several lines',
  'sleeps on what it prints',
  'prints as they come',
  'ends at the first error',
  'errors are ignored',
  'looks for a result',
  'waits when there is an error',
  'impatient',
  // The end.
  'does not end',
  'waits when it is over',
  'tries again and again',
  'all is well',
  'null when it is over',
  'any length',
  'any size',
  'crashes when it is over',
  // Deadlines.
  'a time of day',
  'timeoutMs as text',
  'no cancel',
  'cancel as a request',
  'cancel by another type',
  'never gives up',
  'takes what comes late',
  // Streams.
  'credit once',
  'credit of nothing',
  'one item a message',
  'any stream',
  'streams before it may',
  'streams more than it may',
  'no end to it',
] as const

/** How a client that is right goes about it. */
export interface Ways {
  /** All calls at once, not one after the other. */
  readonly pipelined?: boolean
  readonly timeoutMs?: number
  readonly credit?: number
  /** Streams so many numbers to `total`. */
  readonly up?: number
  /** One message of it is a batch of all. */
  readonly batch?: boolean
  readonly lines?: boolean
}

/** A client in this process: right, unless it is told to have a bug. It takes calls unless `own` says which it makes. */
export function clientOf(bug: Bug | undefined, ways: Ways = {}, own?: CallWords[]): Client {
  return {
    name: bug ?? 'a client that is right',
    takesCalls: own === undefined,
    patience: 100,
    start(port, calls) {
      const run = new Run(port, own ?? [...calls], bug, ways)
      return Promise.resolve(run.program())
    },
  }
}

type Message = Record<string, unknown>
interface Pending {
  id: unknown
  index: number
  settle: (message: Message | Error) => void
  item: (items: unknown[]) => void
  credit: (credit: number) => void
}

class Run {
  #socket!: Socket
  #stdout = ''
  #stderr = ''
  #exit: Exit | undefined
  #bytes = Buffer.alloc(0)
  #text = ''
  #pending: Pending[] = []
  #lastId = 0
  #over = false
  #ended: (exit: Exit) => void = () => {}
  readonly #exited = new Promise<Exit>((done) => (this.#ended = done))
  readonly #bug: Bug | undefined
  readonly #ways: Ways

  constructor(port: number, calls: CallWords[], bug: Bug | undefined, ways: Ways) {
    this.#bug = bug
    this.#ways = ways
    void this.#main(port, calls).then(
      (code) => this.#end(code),
      (error: Error) => {
        this.#stderr += `${error.message}\n`
        this.#end(1)
      },
    )
  }

  program(): Program {
    return {
      pid: 0,
      stdout: () => this.#stdout,
      stderr: () => this.#stderr,
      exit: () => this.#exit,
      exited: this.#exited,
      stop: async () => void this.#socket?.destroy(),
    }
  }

  #end(code: number, signal: Exit['signal'] = null): void {
    if (this.#exit) return
    this.#exit = { code: signal ? null : code, signal }
    this.#socket?.destroy()
    this.#ended(this.#exit)
  }

  #is(...some: Bug[]): boolean {
    return this.#bug !== undefined && some.includes(this.#bug)
  }

  async #main(port: number, calls: CallWords[]): Promise<number> {
    if (this.#is('ends before it connects')) throw new Error('ModuleNotFoundError: No module named socketlib')
    if (this.#is('another port')) throw new Error('connect: connection refused: 127.0.0.1:8080')
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: this.#is('tries again and again') })
    await new Promise<void>((done, fail) => this.#socket.once('connect', done).once('error', fail))
    this.#socket.on('data', (chunk: Buffer) => this.#guard(() => this.#read(chunk)))
    this.#socket.on('error', () => {}).on('end', () => this.#lost()).on('close', () => this.#lost())
    if (this.#is('impatient')) this.#socket.setTimeout(600, () => this.#lost())
    if (this.#is('waits for a greeting')) await new Promise((done) => this.#socket.once('data', done))
    if (this.#is('sends nothing')) await new Promise(() => {})
    const { pipelined = false, batch = false } = this.#ways
    let failed = false
    const one = async (call: CallWords, i: number) => {
      try {
        return { result: await this.#call(call, i) }
      } catch (error) {
        return { error: error as Error & { code?: number } }
      }
    }
    const show = (outcome: Awaited<ReturnType<typeof one>>) => {
      if (outcome.error) {
        const { code, message } = outcome.error
        if (this.#is('null when it is over') && code === undefined) this.#print('null')
        else if (!this.#is('errors are ignored') && !(this.#is('all is well', 'null when it is over') && code === undefined)) {
          if (code === undefined) this.#stderr += `${message}\n`
          else this.#print(`error ${code} ${message}`)
        }
        failed ||= !this.#is('all is well', 'errors are ignored') || code !== undefined
      } else if (outcome.result !== undefined) this.#show(outcome.result)
    }
    if (batch) {
      const outcomes = calls.map((call, i) => one(call, i))
      this.#flushBatch()
      for (const outcome of outcomes) show(await outcome)
    } else if (pipelined) {
      const early = this.#is('prints as they come')
      const outcomes = calls.map(async (call, i) => {
        const outcome = await one(call, i)
        if (early) show(outcome)
        return outcome
      })
      for (const outcome of await Promise.all(outcomes)) {
        if (!early) show(outcome)
        if (outcome.error && this.#is('ends at the first error')) return 1
        if (this.#is('one answer is enough')) return 0
      }
    } else {
      for (const [i, call] of calls.entries()) show(await one(call, i))
    }
    if (this.#is('does not end', 'sleeps on what it prints')) await new Promise(() => {})
    this.#socket.end()
    return failed ? 1 : 0
  }

  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#stderr += `${(error as Error).message}\n`
      this.#end(1)
    }
  }

  #print(text: string): void {
    this.#stdout += `${text}\n`
  }

  #show(result: unknown): void {
    if (this.#is('prints nothing')) return
    if (this.#is('null as its language has it') && result === null) return this.#print('nil')
    const text = this.#is('prints without quotes') && typeof result === 'string' ? result : JSON.stringify(result)
    if (this.#is('sleeps on what it prints')) return
    this.#print(this.#is('prints over several lines') ? JSON.stringify(result, undefined, 2) : text)
  }

  #batch: Message[] = []
  #flushBatch(): void {
    this.#write(JSON.stringify(this.#batch))
  }

  #call({ method, params }: CallWords, index: number): Promise<unknown> {
    const { timeoutMs, credit, up, batch } = this.#ways
    const id = this.#is('one id for all', 'always the same id') ? 1 : this.#is('id null') ? null : this.#is('id in fractions') ? 0.5 + ++this.#lastId : ++this.#lastId
    const message: Message = { jsonrpc: this.#is('jsonrpc as a number') ? 2 : '2.0', id, method, params }
    if (this.#is('no jsonrpc')) delete message['jsonrpc']
    if (this.#is('no id')) delete message['id']
    if (this.#is('params as a value') && params) message['params'] = Object.values(params)[0]
    if (this.#is('params encoded twice') && params) message['params'] = JSON.stringify(params)
    if (this.#is('args')) {
      message['args'] = params
      delete message['params']
    }
    if (this.#is('looks for its id as a string')) message['id'] = id
    const meta: Message = {}
    if (timeoutMs !== undefined) meta['timeoutMs'] = this.#is('a time of day') ? 1_796_042_593_798 + timeoutMs : this.#is('timeoutMs as text') ? String(timeoutMs) : timeoutMs
    const down = credit !== undefined && ['count', 'feed'].includes(method)
    if (down) meta['credit'] = this.#is('credit of nothing') ? 0 : credit
    if (up !== undefined && method === 'total') meta['stream'] = true
    if (Object.keys(meta).length > 0) message['meta'] = meta
    if (this.#is('prints what it expects')) this.#print(JSON.stringify({ add: 5, say: 'You said: hello', get_data: ['hello', 5] }[method]))
    if (this.#over) return Promise.reject(new Error('the connection has ended'))
    const answer = new Promise<unknown>((done, fail) => {
      let unread = 0
      let sent = 0
      const settle = (reply: Message | Error) => {
        clearTimeout(timer)
        if (reply instanceof Error) return fail(reply)
        if (this.#is('prints the reply')) return done(reply)
        if (this.#is('prints what it expects')) return done(undefined)
        if (reply['error'] !== undefined) {
          if (this.#is('waits when there is an error')) return
          if (this.#is('errors are ignored')) return done(undefined)
          if (this.#is('looks for a result')) return this.#guard(() => { throw new Error("KeyError: 'result'") })
          const { code, message } = reply['error'] as { code: number; message: string }
          return fail(Object.assign(new Error(message), { code }))
        }
        if (this.#is('a result must be true') && (!reply['result'] || (Array.isArray(reply['result']) && reply['result'].length === 0))) return fail(new Error('no result'))
        done(down ? undefined : reply['result'])
      }
      const item = (items: unknown[]) => {
        const taken = this.#is('one item a message') ? items.slice(0, 1) : items
        for (const one of taken) this.#print(JSON.stringify(one))
        unread += items.length
        if (unread < credit! || this.#is('credit once')) return
        this.#notify('$/credit/down', { id, credit: unread })
        unread = 0
      }
      const more = (credit: number) => {
        let least = credit + (this.#is('streams more than it may') ? 1 : 0)
        if (up! - sent <= least && !this.#is('streams more than it may')) least = up! - sent
        const items = Array.from({ length: least }, (_, i) => sent + i + 1)
        sent += least
        const end = sent >= up! && !this.#is('no end to it')
        if (items.length > 0 || end) this.#notify('$/stream/up', { id, items, ...(end && { end }) })
        if (end) this.#sentAll.add(id)
      }
      this.#pending.push({ id: this.#is('looks for its id as a string') ? String(id) : id, index, settle, item, credit: (n) => (this.#sentAll.has(id) ? undefined : more(n)) })
      const timer = timeoutMs === undefined || this.#is('never gives up') ? undefined : setTimeout(() => {
        if (!this.#is('takes what comes late')) this.#pending = this.#pending.filter((one) => one.settle !== settle)
        if (this.#is('cancel as a request')) this.#write(JSON.stringify({ jsonrpc: '2.0', id: 900 + this.#lastId++, method: '$/cancelRequest', params: { id } }))
        else if (!this.#is('no cancel')) this.#notify('$/cancelRequest', { id: this.#is('cancel by another type') ? String(id) : id })
        if (this.#is('takes what comes late')) setTimeout(() => fail(new Error('given up')), 50)
        else fail(new Error('Deadline exceeded'))
      }, timeoutMs)
    })
    if (batch) this.#batch.push(message)
    else this.#write(JSON.stringify(message))
    if (this.#is('streams before it may')) this.#notify('$/stream/up', { id, items: [1] })
    return answer
  }
  readonly #sentAll = new Set<unknown>()

  #notify(method: string, params: Message): void {
    this.#write(JSON.stringify({ jsonrpc: '2.0', method, params }))
  }

  #write(json: string): void {
    if (!this.#socket.writable) return
    if (this.#ways.lines || this.#is('lines, and reads frames')) return void this.#socket.write(`${json}\n`)
    const frame = (text: string | Buffer, length = Buffer.byteLength(text)) => Buffer.concat([Buffer.from(`Content-Length: ${length}\r\n\r\n`), Buffer.from(text)])
    const bytes = Buffer.byteLength(json)
    const write = (data: Buffer | string) => void this.#socket.write(data)
    const otherwise: Partial<Record<Bug, () => unknown>> = {
      'flushes at the end': () => this.#socket.once('end', () => write(frame(json))),
      'length in characters': () => write(frame(json, json.length)),
      'length with the header': () => write(frame(json, bytes + `Content-Length: ${bytes}\r\n\r\n`.length)),
      'length of the same with spaces': () => write(frame(json, JSON.stringify(JSON.parse(json), undefined, 1).replace(/\n\s*/g, ' ').replace(/([{[]) | ([}\]])/g, '$1$2').length)),
      'a zero byte': () => write(frame(`${json}\0`)),
      'line feeds': () => write(`Content-Length: ${bytes}\n\n${json}`),
      'no empty line': () => write(`Content-Length: ${bytes}\r\n${json}`),
      'line end after the body': () => write(frame(`${json}\n`, bytes)),
      'line end counted and not sent': () => write(frame(json, bytes + 1)),
      'byte order mark': () => write(frame(`\ufeff${json}`)),
      'Latin-1': () => write(frame(Buffer.from(json.replace('hello', 'héllo').replace(/[^\0-\xff]/g, '?'), 'latin1'))),
      'UTF-16': () => write(frame(Buffer.from(json, 'utf16le'))),
      'another header': () => write(`Length: ${bytes}\r\n\r\n${json}`),
      'small letters': () => write(`content-length: ${bytes}\r\n\r\n${json}`),
      'another field first': () => write(`Content-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n${json}`),
      'JSON without a frame': () => write(json),
      'HTTP': () => write(`POST /rpc HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${bytes}\r\n\r\n${json}`),
      'length in binary': () => write(Buffer.concat([Buffer.from([0, 0, 0, bytes]), Buffer.from(json)])),
      'as Python shows it': () => write(frame(json.replaceAll('"', "'"))),
      'all in one frame': () => write(frame(`${json}\n${json}`)),
      'encoded twice': () => write(frame(JSON.stringify(json))),
      'a byte less is sent': () => write(frame(json).subarray(0, -1)),
      'one message into another': () => {
        write(frame(json).subarray(0, -bytes))
        setTimeout(() => write(json), 5)
      },
    }
    const way = this.#bug && otherwise[this.#bug]
    if (way) way()
    else write(frame(json))
  }

  /** All that is pending has failed. */
  #lost(): void {
    if (this.#over) return
    this.#over = true
    if (this.#is('reads until the end')) {
      this.#guard(() => this.#frames())
    }
    if (this.#is('waits when it is over')) return
    if (this.#is('tries again and again')) {
      const timer = setInterval(() => (this.#exit ? clearInterval(timer) : this.#write(JSON.stringify({ jsonrpc: '2.0', id: ++this.#lastId, method: 'get_data' }))), 1)
      return
    }
    if (this.#is('crashes when it is over') && this.#pending.length > 0) return this.#end(0, 'SIGSEGV')
    for (const { settle } of this.#pending.splice(0)) settle(new Error('the connection has ended'))
  }

  #read(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    if (this.#is('reads until the end')) return
    if (this.#is('no header is read')) return this.#take(chunk.toString())
    if (this.#is('one read, one message', 'loses what follows')) {
      if (this.#is('loses what follows') && !whole(this.#bytes)) return
      const text = this.#is('loses what follows') ? this.#bytes : chunk
      this.#bytes = Buffer.alloc(0)
      const at = text.indexOf('\r\n\r\n') + 4
      if (at < 4) throw new Error('no header')
      return this.#take(text.toString('utf8', at, at + lengthIn(text.toString('latin1', 0, at))))
    }
    if (this.#is('counts characters')) return this.#characters(chunk)
    this.#frames()
  }

  #characters(chunk: Buffer): void {
    this.#text += chunk.toString()
    for (let at; (at = this.#text.indexOf('\r\n\r\n') + 4) >= 4; ) {
      const end = at + lengthIn(this.#text)
      if (this.#text.length < end) return
      const body = this.#text.slice(at, end)
      this.#text = this.#text.slice(end)
      this.#take(body)
    }
  }

  #frames(): void {
    for (;;) {
      if (this.#ways.lines) {
        const end = this.#bytes.indexOf('\n')
        if (end < 0) return
        const line = this.#bytes.toString('utf8', 0, end)
        this.#bytes = this.#bytes.subarray(end + 1)
        this.#take(line)
        continue
      }
      let at = this.#bytes.indexOf('\r\n\r\n') + 4
      if (this.#is('LF ends a header')) at = this.#bytes.indexOf('\n\n') + 2
      if (this.#is('one header line')) at = this.#bytes.indexOf('\r\n') + 4
      if (this.#is('LF ends a header') && at < 2) return
      if (at < 4 && !this.#is('LF ends a header')) {
        // An end of a line without a header before it is no frame.
        if (/^(?!content-length|x-|$)[^:]*\r\n/i.test(this.#bytes.toString('latin1'))) throw new Error('this is no header')
        return
      }
      const header = this.#bytes.toString('latin1', 0, at)
      if (!this.#is('any length') && /content-length: *(?! )(?!\d+ *[\r\n])/i.test(header)) throw new Error('the length is no number')
      if (this.#is('one spelling') && !header.includes('Content-Length: ')) throw new Error("KeyError: 'Content-Length'")
      if (this.#is('first line is the length') && !/^content-length/i.test(header)) throw new Error('invalid literal for int()')
      const length = lengthIn(header)
      if (Number.isNaN(length)) throw new Error('this is no header')
      if (length > 4 * 1024 * 1024 && !this.#is('any size')) throw new Error('too long')
      if (this.#is('small buffer') && length > 65536) throw new Error('buffer overflow')
      if (this.#bytes.length < at + length && !(this.#is('one read, one body') && this.#bytes.length > at)) return
      const body = this.#bytes.subarray(at, at + length)
      this.#bytes = this.#bytes.subarray(at + length)
      this.#take(body.toString(this.#is('Latin-1 comes') ? 'latin1' : 'utf8'))
    }
  }

  #take(text: string): void {
    if (this.#is('members in order') && !text.startsWith('{"jsonrpc":"2.0",')) throw new Error('cannot parse this')
    if (this.#is('no escapes')) {
      const [, found = ''] = /"result":"([^"]*)"/.exec(text) ?? []
      if (found !== '') return void this.#pending.shift()?.settle({ result: found.replaceAll('\\u', 'u') })
    }
    const value = JSON.parse(text) as Message | Message[]
    for (const message of Array.isArray(value) ? value : [value]) this.#message(message)
  }

  #message(message: Message): void {
    const { id, method } = message
    if (this.#is('a notification is an answer')) return void this.#pending.shift()?.settle(message)
    if (typeof method === 'string' && id === undefined) {
      if (this.#is('answers notifications')) this.#write(JSON.stringify({ jsonrpc: '2.0', error: { code: -32601, message: 'Method not found' }, id: null }))
      const params = message['params'] as Message | undefined
      const flow = this.#pending.find((one) => one.id === params?.['id'] || this.#is('any stream'))
      if (method === '$/stream/down') flow?.item(params!['items'] as unknown[])
      if (method === '$/credit/up') flow?.credit(params!['credit'] as number)
      return
    }
    if (typeof method === 'string') {
      if (this.#is('no answer to the server')) return
      return this.#write(JSON.stringify({ jsonrpc: '2.0', error: { code: -32601, message: 'Method not found' }, id }))
    }
    const at = this.#is('matched by order', 'ids are not compared') ? 0 : this.#pending.findIndex((one) => one.id === id)
    if (at < 0 && this.#is('unknown ids end it')) throw new Error(`unknown id ${String(id)}`)
    const [found] = at < 0 ? [] : this.#pending.splice(at, 1)
    found?.settle(message)
  }
}

function lengthIn(header: string): number {
  const [, digits] = /content-length: *(-?\d+)/i.exec(header) ?? []
  return digits === undefined ? NaN : Number(digits)
}

/** Whether one frame is there in full. */
function whole(bytes: Buffer): boolean {
  const at = bytes.indexOf('\r\n\r\n') + 4
  return at >= 4 && bytes.length >= at + lengthIn(bytes.toString('latin1', 0, at))
}
