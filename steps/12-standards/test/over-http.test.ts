import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { codes } from '@rpc-steps/async-await'
import { expect, onTestFinished, test } from 'vitest'
import { overHttp } from '../src/index.ts'
import type { Remote } from '../src/index.ts'
import { all } from './support.ts'

/** A server that is not ours, and our way to it. */
async function reached(answer: RequestListener): Promise<Remote> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const remote = overHttp({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  onTestFinished(async () => {
    await remote.close()
    server.closeAllConnections()
    server.close()
  })
  return remote
}

const answering = (status: number, type: string, text: string): RequestListener => (_, response) => {
  response.writeHead(status, { 'content-type': type }).end(text)
}

test.each<[string, RequestListener, object]>([
  ['a proxy that knows better', answering(502, 'text/html', '<h1>Bad Gateway'), { code: codes.internalError, message: 'the server answered with HTTP status 502', from: 'peer' }],
  ['one that is too busy', answering(503, 'text/html', 'later'), { code: codes.unavailable, data: { status: 'UNAVAILABLE' } }],
  ['a page where an answer should be', answering(200, 'text/html', '<h1>Hello'), { code: codes.internalError }],
  ['what is no JSON', answering(200, 'application/json', '{'), { code: codes.parseError, from: 'here' }],
  ['what is no reply', answering(200, 'application/json', '[1]'), { code: codes.internalError }],
  ['an error that is none', answering(400, 'application/json', '{"jsonrpc":"2.0","id":1,"error":"no"}'), { code: codes.internalError, from: 'here' }],
  ['half of an answer', (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 })
    response.write('{"jsonrpc"', () => response.destroy())
  }, { name: 'DisconnectedError', sent: true }],
  ['nothing', (_, response) => void response.destroy(), { name: 'DisconnectedError', sent: true }],
  ['an answer without end', (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const more = () => void (response.destroyed || response.write('x'.repeat(100_000), more))
    more()
  }, { name: 'FramingError' }],
])('a call that gets %s fails, and says how', async (_, answer, error) => {
  const remote = await reached(answer)
  await expect(remote.call('add', [1, 2])).rejects.toMatchObject(error)
})

test.each<[string, RequestListener, unknown[]]>([
  ['ends without an end', answering(200, 'text/event-stream', 'data: 1\n\n'), [1, 'ERR_DISCONNECTED']],
  ['ends in the middle of an item', answering(200, 'text/event-stream', 'data: 1\n\ndata: 2'), [1, 'ERR_DISCONNECTED']],
  ['comes in pieces, with comments', (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    const text = ': hello\n\ndata: "é"\n\nevent: end\ndata: null\n\n'
    const bytes = Buffer.from(text)
    const next = (i: number) => void (i < bytes.length ? response.write(bytes.subarray(i, i + 1), () => next(i + 1)) : response.end())
    next(0)
  }, ['é']],
  ['has an item that is no JSON', answering(200, 'text/event-stream', 'data: 1\n\ndata: {\n\n'), [1, codes.parseError]],
  ['has an error that is none', answering(200, 'text/event-stream', 'event: error\ndata: 5\n\n'), [codes.internalError]],
  ['has one endless item', (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const more = () => void (response.destroyed || response.write('data: xxxxxxxxxxxxxxxxxxxx'.repeat(10_000), more))
    more()
  }, ['ERR_FRAMING']],
  ['is none', answering(200, 'application/json', '{"jsonrpc":"2.0","id":1,"result":[1]}'), [codes.internalError]],
])('a stream that %s', async (_, answer, items) => {
  const remote = await reached(answer)
  expect(await all(remote.stream('feed'))).toEqual(items)
})

test('a server that does not answer is waited for as long as the caller likes', async () => {
  const remote = await reached(() => {})
  const reason = new Error('enough')
  const enough = new AbortController()
  const pending = [remote.call('add', [], { signal: enough.signal }), all(remote.stream('feed', [], { signal: enough.signal }))]
  enough.abort(reason)
  await expect(pending[0]).rejects.toBe(reason)
  expect(await pending[1]).toEqual(['Error'])
  await expect(remote.call('add', [], { signal: enough.signal })).rejects.toBe(reason)
})
