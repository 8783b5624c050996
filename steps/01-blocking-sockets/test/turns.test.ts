import { faultySyscalls } from '@rpc-steps/sockets'
import type { FaultyNetwork, FaultyOptions, Peer } from '@rpc-steps/sockets'
import { createFramer, DisconnectedError, notificationText } from '@rpc-steps/wire'
import type { Json, Request } from '@rpc-steps/wire'
import { describe, expect, test, vi } from 'vitest'
import { answer, connect, listen, serve } from '../src/index.ts'
import type { ClientOptions, ConnectionOptions } from '../src/index.ts'
import { clientScript, leave, reply, requests, serverScript } from './wire-peer.ts'

const { frame } = createFramer('content-length')
const quiet = { faults: 'none', latency: 0 } as const

/** A client, connected to a scripted server, and that server's peer and what it has heard. */
function connected(options: ClientOptions = {}, own: FaultyOptions = quiet) {
  const network = faultySyscalls(1, own)
  const heard: Request[] = []
  let peer: Peer | undefined
  const port = network.listenPeer(0, () => ({
    ...serverScript((peer, request) => {
      heard.push(request)
      if (request.id !== undefined) peer.send(reply(request.id, request.params))
    }),
    onConnect: (connected) => (peer = connected),
  }))
  const client = connect({ host: '127.0.0.1', port }, { ...options, syscalls: network })
  network.sleep(1)
  return { network, client, peer: peer!, heard }
}

function thrownBy(job: () => unknown): Error {
  try {
    job()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

describe('a notification', () => {
  test('leaves before the thread goes on: nobody may wait for anything after it', () => {
    const { network, client, heard } = connected()
    client.notify('note', [1])
    network.sleep(1)
    expect(heard).toMatchObject([{ method: 'note', params: [1] }])
  })

  test('that could not be sent says so, and why', () => {
    const { network, client, peer } = connected()
    peer.reset()
    network.sleep(1)
    const error = thrownBy(() => client.notify('note')) as DisconnectedError
    expect(error).toBeInstanceOf(DisconnectedError)
    expect(error.cause).toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) })
  })

  test('of which the kernel took nothing is not lost: it goes with the next', () => {
    const { network, client, peer, heard } = connected({ timeout: 100 })
    peer.pause()
    // 32 of them fill the buffer of 4,096 bytes, so the next finds no room at all.
    const text = 'x'.repeat(128 - frame(notificationText('note', ['x'.repeat(60)])).length + 60)
    expect(frame(notificationText('note', [text]))).toHaveLength(128)
    let said = 0
    const error = thrownBy(() => {
      for (;;) {
        said++
        client.notify('note', [text])
      }
    })
    expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'send' })
    expect(said).toBeGreaterThan(10)
    peer.resume()
    expect(client.call('echo', ['at last'])).toEqual(['at last'])
    network.sleep(1)
    expect(heard.filter(({ method }) => method === 'note')).toHaveLength(said)
  })
})

test('a call over a connection that is reset says what has happened', () => {
  const { client, peer } = connected()
  peer.reset()
  const error = thrownBy(() => client.call('echo', []))
  expect(error).toBeInstanceOf(DisconnectedError)
  expect(error.cause).toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) })
})

describe('a server', () => {
  function serveOne(network: FaultyNetwork, client: ReturnType<typeof clientScript>, options: ConnectionOptions = {}) {
    const listener = listen({ host: '127.0.0.1', port: 0 }, network)
    client.whenOver = () => network.closeListeners()
    network.connectPeer(listener.port, client)
    serve(listener, answer, { ...options, syscalls: network })
  }

  test('ends its side as soon as it has said its last word', () => {
    const network = faultySyscalls(1, quiet)
    const seen: string[] = []
    const rude = clientScript('garbage\r\n\r\n')
    rude.onEnd = (peer) => {
      seen.push(`the end after ${Math.round(network.now())} ms`)
      leave(rude, peer)
    }
    serveOne(network, rude)
    expect(seen).toEqual(['the end after 0 ms'])
  })

  test('does not sleep for a client that it knows to be gone', () => {
    const network = faultySyscalls(1, quiet)
    const gone = clientScript('')
    gone.onConnect = (peer) => {
      peer.send(requests(['sleep', [100]], ['sleep', [100]]))
      network.after(50, () => {
        peer.reset()
        gone.finish()
      })
    }
    const sleep = vi.spyOn(network, 'sleep')
    serveOne(network, gone)
    expect(sleep.mock.calls).toEqual([[100]])
  })

  test('gives up on a client that does not read when the time for that is over', () => {
    const network = faultySyscalls(1, quiet)
    const deaf = clientScript('')
    deaf.onConnect = (peer) => {
      peer.pause()
      peer.send(requests(...Array.from({ length: 50 }, () => ['say', ['x'.repeat(2_000)]] as [string, string[]])))
      network.after(1_000_000, () => {
        peer.resume()
        deaf.finish()
      })
    }
    const closes: number[] = []
    const close = network.close.bind(network)
    network.close = (fd) => (closes.push(Math.round(network.now())), close(fd))
    serveOne(network, deaf, { sendTimeout: 30_000 })
    expect(closes[0]).toBeGreaterThanOrEqual(30_000)
    expect(closes[0]).toBeLessThan(31_000)
  })

  test('is not told to rest by a signal', () => {
    const network = faultySyscalls(1, { faults: { interrupt: 1, tooManyFiles: 0 }, latency: 0 })
    const sleep = vi.spyOn(network, 'sleep')
    const client = clientScript(requests(['get_data']), (peer) => leave(client, peer))
    serveOne(network, client)
    expect(client.replies).toHaveLength(1)
    expect(sleep).not.toHaveBeenCalled()
  })

  test('answers in lines who speaks in lines', () => {
    const network = faultySyscalls(1)
    const client = clientScript('')
    let text = ''
    client.onConnect = (peer) => peer.send('{"jsonrpc":"2.0","id":1,"method":"add","params":[1,2]}\n')
    client.onData = (peer, bytes) => {
      text += Buffer.from(bytes).toString()
      if (text.endsWith('\n')) leave(client, peer)
    }
    serveOne(network, client)
    expect(JSON.parse(text) as Json).toEqual({ jsonrpc: '2.0', id: 1, result: 3 })
  })
})
