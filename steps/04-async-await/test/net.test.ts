import { once } from 'node:events'
import * as net from 'node:net'
import { createFramer, requestText } from '@rpc-steps/wire'
import { describe, expect, onTestFinished, test } from 'vitest'
import { accepting, answer, connect, listen, serving } from '../src/index.ts'
import type { Handler, PeerOptions } from '../src/index.ts'

const here = { host: '127.0.0.1', port: 0 }

async function started(handler: Handler = answer, options: PeerOptions = {}) {
  const server = await listen(handler, here, { grace: 500, ...options })
  onTestFinished(() => server.close())
  return server
}

/** A server that only accepts, and the sockets that it has. */
async function acceptor() {
  const sockets: net.Socket[] = []
  const server = net.createServer((socket) => sockets.push(socket.resume()))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  return { sockets, address: { host: '127.0.0.1', port: (server.address() as net.AddressInfo).port } }
}

describe('connect', () => {
  test('given up on the way rejects with the reason, and leaves no socket', async () => {
    const { sockets, address } = await acceptor()
    const controller = new AbortController()
    const connecting = connect(address, { signal: controller.signal })
    controller.abort(new Error('changed my mind'))
    await expect(connecting).rejects.toThrow('changed my mind')
    // Whoever comes next is accepted after all who came before.
    const last = net.connect(address.port, address.host)
    await once(last, 'connect')
    await expect.poll(() => sockets.map(({ remotePort }) => remotePort)).toContain(last.localPort)
    const others = sockets.filter(({ remotePort }) => remotePort !== last.localPort)
    await expect.poll(() => others.every(({ closed }) => closed), { timeout: 5_000 }).toBe(true)
    last.destroy()
  })

  test('given up before it begins does not begin', async () => {
    const signal = AbortSignal.abort(new Error('never mind'))
    // Nobody listens there, which it must not find out.
    await expect(connect({ host: '127.0.0.1', port: 1 }, { signal })).rejects.toThrow('never mind')
  })

  test('refused is an error that says where', async () => {
    const refused = connect({ host: '127.0.0.1', port: 1 }, { signal: new AbortController().signal })
    await expect(refused).rejects.toMatchObject({ code: 'ECONNREFUSED', port: 1 })
  })

  test('lets go of its signal: what it aborts later is no connection', async () => {
    const controller = new AbortController()
    const peer = await connect(await started(), { signal: controller.signal, grace: 500 })
    controller.abort()
    expect(await peer.call('add', [1, 2])).toBe(3)
    await peer.close()
  })
})

describe('a server', () => {
  test('and its client name their connection by the client’s port', async () => {
    const server = await started(async (_, { label, call }) => [label, await call('yours')])
    const peer = await connect(server, { handler: (_, { label }) => label, grace: 500 })
    const socket = net.connect(server.port, server.host)
    await once(socket, 'connect')
    const [theirs, ours] = (await peer.call('mine')) as [number, number]
    expect(ours).toBe(theirs)
    expect(theirs).toBeGreaterThan(0)
    expect(theirs).not.toBe(socket.localPort)
    socket.destroy()
    await peer.close()
  })

  test('tells the framings apart by itself', async () => {
    const server = await started()
    for (const framing of ['newline', 'content-length'] as const) {
      const peer = await connect(server, { framing, grace: 500 })
      expect(await peer.call('say', { text: framing })).toBe(`You said: ${framing}`)
      await peer.close()
    }
  })

  test('that cannot accept somebody says so, and serves on', async () => {
    const lines: string[] = []
    const { accept, peers } = accepting(() => ({ handler: answer, framing: 'auto' }))
    const listener = net.createServer(accept)
    const server = await serving(listener, peers, here, { log: (line) => lines.push(line) })
    onTestFinished(() => server.close())
    listener.emit('error', Object.assign(new Error('too many open files'), { code: 'EMFILE' }))
    expect(lines).toEqual(['accept: too many open files'])
    const peer = await connect(server)
    expect(await peer.call('add', [1, 2])).toBe(3)
    await peer.close()
  })

  test('closed twice closes once, and both are told', async () => {
    const server = await started()
    const order: string[] = []
    await Promise.all([
      server.close().then(() => order.push('first')),
      server.close().then(() => order.push('second')),
      server[Symbol.asyncDispose]().then(() => order.push('third')),
    ])
    await server.close()
    expect(order).toEqual(['first', 'second', 'third'])
    await expect(connect(server)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('on a port in use is an error', async () => {
    const { port } = await started()
    await expect(listen(answer, { ...here, port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})

test('a peer has a state: open, closing when no call can be made, closed when the connection is', async () => {
  const { frame } = createFramer('content-length')
  const server = await started((_, context) => context.sleep(1e9), { grace: 1e9 })
  const socket = net.connect({ port: server.port, host: server.host, allowHalfOpen: true })
  socket.end(frame(requestText(1, 'x')))
  await expect.poll(() => [...server.peers].map(({ state }) => state)).toEqual(['closing'])
  const [peer] = server.peers
  peer!.destroy(new Error('enough'))
  expect(await peer!.closed).toMatchObject({ message: 'enough' })
  expect(peer!.state).toBe('closed')
  await peer!.close()
  expect(peer!.state).toBe('closed')
  socket.destroy()

  const other = await connect(server, { grace: 500 })
  expect(other.state).toBe('open')
  const closing = other.close()
  expect(other.state).toBe('closing')
  await closing
  expect(other.state).toBe('closed')
})
