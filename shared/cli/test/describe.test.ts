import { once } from 'node:events'
import type { EventEmitter } from 'node:events'
import { openSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe as group, expect, it } from 'vitest'
import { codes, DisconnectedError, FramingError, RpcError } from '@rpc-steps/wire'
import { UsageError } from '../src/index.ts'
import { describe } from '../src/main.ts'

/** An error as Node makes it when a system call fails. */
function systemError(syscall: string, code: string, more: object = {}): Error {
  return Object.assign(new Error(`${syscall} ${code}`), { syscall, code, ...more })
}
const local = { address: '127.0.0.1', port: 80 }
const refused = systemError('connect', 'ECONNREFUSED', local)

group('an error becomes one line', () => {
  it.each<[string, unknown, string]>([
    ['of the peer', new RpcError(codes.methodNotFound, 'Method not found'), 'Method not found (-32601)'],
    ['with text as data', new RpcError(codes.invalidParams, 'Invalid params', 'a number'), 'Invalid params (-32602): a number'],
    ['with data', new RpcError(7, 'No', { why: [1] }), 'No (7): {"why":[1]}'],
    ['with null as data', new RpcError(7, 'No', null), 'No (7): null'],
    ['of the command line', new UsageError('--port must be a number'), '--port must be a number; --help says more'],
    ['of a lost connection', new DisconnectedError(), 'the connection ended before the reply came'],
    [
      'of a lost connection, with its cause',
      new DisconnectedError(undefined, { cause: systemError('read', 'ECONNRESET') }),
      'the connection ended before the reply came: read ECONNRESET',
    ],
    [
      'of a lost connection, with a cause nobody foresaw',
      new DisconnectedError('closed', { cause: new TypeError('x is not a function') }),
      'closed: TypeError: x is not a function',
    ],
    ['of framing', new FramingError('what is this?'), 'the peer does not speak this protocol: what is this?'],
    ['when nobody listens', refused, 'nobody listens on 127.0.0.1:80 (ECONNREFUSED): start a server first, or check --port'],
    ['when nobody listens on any address of a name', new AggregateError([refused, refused]), describe(refused)],
    [
      'when the port is taken',
      systemError('listen', 'EADDRINUSE', local),
      '127.0.0.1:80 is in use (EADDRINUSE): stop the program that has it, or take --port 0',
    ],
    [
      'when the address is another machine',
      systemError('listen', 'EADDRNOTAVAIL', { address: '192.0.2.1', port: 80 }),
      '192.0.2.1:80 is not an address of this machine (EADDRNOTAVAIL): check --host',
    ],
    ['when the port is privileged', systemError('listen', 'EACCES', local), 'no right to use 127.0.0.1:80 (EACCES): take a port above 1023'],
    ['when a file may not be written', systemError('open', 'EACCES'), 'open EACCES'],
    ['when there is no such host', systemError('getaddrinfo', 'ENOTFOUND'), 'getaddrinfo ENOTFOUND: no such host; check --host'],
    ['of the system, of any other kind', systemError('connect', 'EHOSTUNREACH'), 'connect EHOSTUNREACH'],
    ['that has a code of its own', Object.assign(new Error('too much'), { code: 'ERR_OVERFLOW' }), 'too much'],
    ['that is none', 'oops', 'oops'],
    ['that is nothing', undefined, 'undefined'],
  ])('%s', (_, error, line) => {
    expect(describe(error)).toBe(line)
  })

  it('whatever line ends and terminal codes the peer sends', () => {
    const hostile = new RpcError(1, 'two\nlines', 'and \x1b[2J a \u009b1m cleared \r screen')
    expect(describe(hostile)).toBe('two lines (1): and  [2J a  1m cleared   screen')
  })

  it('but a mistake of ours keeps its stack', () => {
    const mistakes = [new TypeError('bug'), new Error('bug'), Object.assign(new RangeError('bug'), { code: 'ERR_X' })]
    for (const error of mistakes) expect(describe(error)).toBe(error.stack)
  })
})

group('as Node really makes them', () => {
  /** What a socket or server fails with. */
  const failureOf = (emitter: EventEmitter) => once(emitter, 'error').then(([error]) => error as unknown)
  const listening = async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { server, port: (server.address() as AddressInfo).port }
  }

  it.each(['127.0.0.1', 'localhost'])('nobody listens on %s', async (host) => {
    const { server, port } = await listening()
    await new Promise((closed) => server.close(closed))
    const error = await failureOf(connect({ port, host, autoSelectFamily: true }))
    expect(describe(error)).toMatch(/^nobody listens on \S+:\d+ \(ECONNREFUSED\): [^\n]*$/)
  })

  it('the port is in use', async () => {
    const { server, port } = await listening()
    const error = await failureOf(createServer().listen(port, '127.0.0.1'))
    expect(describe(error)).toContain(`127.0.0.1:${port} is in use (EADDRINUSE)`)
    server.close()
  })

  it('the address is of another machine', async () => {
    const error = await failureOf(createServer().listen(0, '192.0.2.1'))
    expect(describe(error)).toContain('192.0.2.1 is not an address of this machine (EADDRNOTAVAIL)')
  })

  it('the folder is not there', () => {
    let error: unknown
    try {
      openSync('no/such/folder/file', 'w')
    } catch (thrown) {
      error = thrown
    }
    expect(describe(error)).toMatch(/^ENOENT: [^\n]*file'$/)
  })
})
