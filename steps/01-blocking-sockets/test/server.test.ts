import { EMFILE, faultySyscalls, forSeeds } from '@rpc-steps/sockets'
import type { FaultyNetwork } from '@rpc-steps/sockets'
import { describe, expect, test } from 'vitest'
import { answer, listen, serve } from '../src/index.ts'
import type { ConnectionOptions, Handler } from '../src/index.ts'
import { clientScript, leave, requests } from './wire-peer.ts'
import type { ClientScript } from './wire-peer.ts'

const quiet = { faults: 'none', latency: 0 } as const

/** Serves some scripted clients until all are over, in this thread, on a faulty network. */
function serveAll(
  network: FaultyNetwork,
  clients: readonly ClientScript[],
  handler: Handler = answer,
  options: ConnectionOptions = {},
): void {
  const listener = listen({ host: '127.0.0.1', port: 0 }, network)
  for (const client of clients) {
    client.whenOver = () => {
      if (clients.every(({ over }) => over)) network.closeListeners()
    }
    network.connectPeer(listener.port, client)
  }
  serve(listener, handler, { ...options, syscalls: network })
  network.close(listener.fd)
}

/** Makes some calls without waiting for the replies, and leaves when it has them all. */
function burst(calls: Parameters<typeof requests>): ClientScript {
  const script = clientScript(requests(...calls), (peer, count) => {
    if (count === calls.length) leave(script, peer)
  })
  return script
}

/** The results of a client, in the order in which they came. */
const results = ({ replies }: ClientScript) => replies.map(({ result }) => result)

/** How many bytes each send of the program takes. */
function sizesOfSends(network: FaultyNetwork): number[] {
  const sizes: number[] = []
  const send = network.send.bind(network)
  network.send = (fd, data, offset, length) => {
    const count = send(fd, data, offset, length)
    sizes.push(count)
    return count
  }
  return sizes
}

describe('on a network where everything goes wrong', () => {
  test('every client gets every reply, in the order of its requests', () =>
    forSeeds(100, (seed) => {
      const clients = [0, 1, 2, 3].map((c) =>
        burst(
          Array.from({ length: 8 }, (_, i) =>
            i % 3 === 0 ? ['sleep', [i]] : ['say', [`${c}.${i} ${'é'.repeat(20 * i)}`]],
          ),
        ),
      )
      serveAll(faultySyscalls(seed), clients)
      clients.forEach((client, c) => {
        expect(results(client)).toEqual(
          Array.from({ length: 8 }, (_, i) =>
            i % 3 === 0 ? i : `You said: ${c}.${i} ${'é'.repeat(20 * i)}`,
          ),
        )
      })
    }))

  test('connections that break are nobody else\'s business', () =>
    forSeeds(100, (seed) => {
      const network = faultySyscalls(seed, { faults: { reset: 0.05 }, descriptors: 8 })
      const clients = Array.from({ length: 30 }, () => burst([['get_data'], ['sleep', [5]], ['sum', [1, 2]]]))
      serveAll(network, clients)
      for (const client of clients) {
        expect([['hello', 5], 5, 3].slice(0, client.replies.length)).toEqual(results(client))
      }
    }))

  test('no room for a connection is no reason to spin, or to end', () =>
    forSeeds(20, (seed) => {
      const network = faultySyscalls(seed, { faults: { tooManyFiles: 1 } })
      const accept = network.accept.bind(network)
      let refused = 0
      network.accept = (fd) => {
        const result = accept(fd)
        if (result === EMFILE) refused++
        return result
      }
      const clients = [burst([['get_data']]), burst([['get_data']])]
      serveAll(network, clients)
      expect(clients.map(results)).toEqual([[['hello', 5]], [['hello', 5]]])
      expect(network.now()).toBeGreaterThanOrEqual(100 * refused)
    }))
})

describe('a connection', () => {
  test('has its replies to a burst of requests joined into one send', () => {
    const network = faultySyscalls(1, { ...quiet, bufferSize: 65_536 })
    const sizes = sizesOfSends(network)
    const client = burst(Array.from({ length: 64 }, (_, i) => ['add', [i, 1]]))
    serveAll(network, [client])
    expect(results(client)).toEqual(Array.from({ length: 64 }, (_, i) => i + 1))
    expect(sizes).toHaveLength(1)
  })

  test('does not join more replies than it can hold', () => {
    const network = faultySyscalls(1, { ...quiet, bufferSize: 10_000_000 })
    const sizes = sizesOfSends(network)
    const text = 'x'.repeat(4_000)
    const client = burst(Array.from({ length: 100 }, () => ['say', [text]]))
    serveAll(network, [client])
    expect(client.replies).toHaveLength(100)
    expect(Math.max(...sizes)).toBeGreaterThan(50_000)
    expect(Math.max(...sizes)).toBeLessThan(70_000)
  })

  test('has its replies before the thread sleeps for its next request', () => {
    const network = faultySyscalls(1, quiet)
    const arrived: number[] = []
    const calls = requests(['sleep', [0]], ['sleep', [5_000]], ['sleep', [0]])
    const client = clientScript(calls, (peer, count) => {
      arrived.push(Math.floor(network.now() / 1_000))
      if (count === 3) leave(client, peer)
    })
    serveAll(network, [client])
    expect(arrived).toEqual([0, 5, 5])
  })

  test('that is idle between frames may be so for as long as it likes', () => {
    const network = faultySyscalls(1)
    const client = clientScript('', (peer, count) => {
      if (count === 1) network.after(3_600_000, () => peer.send(requests(['get_data'])))
      else leave(client, peer)
    })
    client.onConnect = (peer) => network.after(3_600_000, () => peer.send(requests(['get_data'])))
    serveAll(network, [client])
    expect(client.replies).toHaveLength(2)
  })

  test.each([
    ['stops inside a frame', 0],
    ['sends a byte of its frame now and then', 10_000],
  ])('that %s is closed when the time for a frame is over', (_, gap) =>
    forSeeds(20, (seed) => {
      const network = faultySyscalls(seed)
      const stuck = clientScript('')
      stuck.onConnect = (peer) => {
        peer.send('Content-Length: 40\r\n\r\n{')
        const drip = () => {
          if (stuck.over) return
          peer.send(' ')
          network.after(gap, drip)
        }
        if (gap > 0) network.after(gap, drip)
      }
      const next = burst([['get_data']])
      serveAll(network, [stuck, next])
      expect(stuck.replies).toEqual([expect.objectContaining({ id: null, error: expect.objectContaining({ code: -32700 }) })])
      expect(results(next)).toEqual([['hello', 5]])
      expect(network.now()).toBeGreaterThan(30_000)
      expect(network.now()).toBeLessThan(35_000)
    }),
  )

  test('has a new time limit for each frame', () => {
    const network = faultySyscalls(1, quiet)
    const both = requests(['get_data'], ['sum', [1]])
    const second = both.lastIndexOf('Content-Length')
    const client = clientScript('', (peer, count) => {
      if (count === 2) leave(client, peer)
    })
    // Something is always unfinished, for 40 seconds, but each frame takes only 20.
    client.onConnect = (peer) => {
      peer.send(both.slice(0, 10))
      network.after(20_000, () => peer.send(both.slice(10, second + 10)))
      network.after(40_000, () => peer.send(both.slice(second + 10)))
    }
    serveAll(network, [client])
    expect(results(client)).toEqual([['hello', 5], 1])
  })

  test('whose client never reads is closed when the time for sending is over', () =>
    forSeeds(20, (seed) => {
      const network = faultySyscalls(seed)
      const deaf = clientScript('')
      deaf.onConnect = (peer) => {
        peer.pause()
        peer.send(requests(...Array.from({ length: 50 }, () => ['say', ['x'.repeat(2_000)]] as [string, string[]])))
        network.after(40_000, () => peer.resume())
      }
      const next = burst([['get_data']])
      serveAll(network, [deaf, next])
      expect(results(next)).toEqual([['hello', 5]])
      expect(network.now()).toBeLessThan(42_000)
    }))

  test('that the client resets while its handler sleeps is closed without a word', () => {
    const network = faultySyscalls(1, quiet)
    const gone = clientScript('')
    gone.onConnect = (peer) => {
      peer.send(requests(['sleep', [100]], ['sleep', [100]], ['sleep', [100]], ['sleep', [100]]))
      network.after(50, () => {
        peer.reset()
        gone.finish()
      })
    }
    const next = burst([['get_data']])
    const lines: string[] = []
    serveAll(network, [gone, next], answer, { log: (line) => lines.push(line) })
    expect(lines).toEqual([])
    expect(results(next)).toEqual([['hello', 5]])
    expect(network.now()).toBeLessThan(350)
  })

  test('that breaks the rules of framing hears why, and is closed', () =>
    forSeeds(50, (seed) => {
      const rude = clientScript('POST / HTTP/1.1\r\n\r\n' + 'more than anybody reads '.repeat(500))
      const next = burst([['get_data']])
      serveAll(faultySyscalls(seed), [rude, next])
      expect(rude.replies).toMatchObject([{ id: null, error: { code: -32700 } }])
      expect(rude).toMatchObject({ over: true, reset: false })
      expect(results(next)).toEqual([['hello', 5]])
    }))

  test('that ends inside a frame hears why', () => {
    const half = clientScript('')
    half.onConnect = (peer) => {
      peer.send('Content-Length: 40\r\n\r\n{')
      peer.end()
    }
    serveAll(faultySyscalls(1), [half])
    const data = 'the stream ended inside a frame'
    expect(half.replies).toMatchObject([{ id: null, error: { code: -32700, data } }])
  })

  test('whose client has ended its side gets the replies all the same', () => {
    const half = clientScript('')
    half.onConnect = (peer) => {
      peer.send(requests(['sleep', [10]], ['get_data']))
      peer.end()
    }
    serveAll(faultySyscalls(1), [half])
    expect(results(half)).toEqual([10, ['hello', 5]])
  })
})

test('a handler can fail in any way: the log has the error, the client a number to quote', () => {
  const thrown: unknown[] = [new TypeError('a bug'), undefined, null, 'a text']
  const handler: Handler = (request, context) => {
    if (request.method === 'throw') throw thrown[(request.params as [number])[0]]
    return answer(request, context)
  }
  const calls = [...thrown.keys()].map((i) => ['throw', [i]] as [string, [number]])
  const client = burst([...calls, ['get_data']])
  const lines: string[] = []
  const log = (line: string) => lines.push(line)
  serveAll(faultySyscalls(1, quiet), [client], handler, { log })
  expect(client.replies.at(-1)).toMatchObject({ result: ['hello', 5] })
  const reasons = ['TypeError: a bug', 'the handler threw nothing', 'the handler threw nothing', 'a text']
  reasons.forEach((reason, i) => {
    const { error } = client.replies[i]!
    expect(error).toMatchObject({ code: -32603, message: 'Internal error' })
    const { incident } = error!.data as { incident: string }
    expect(lines[i]).toContain(`internal error ${incident}: `)
    expect(lines[i]).toContain(reason)
  })
})

test('two servers cannot have one port, and the second leaves nothing behind', () => {
  const network = faultySyscalls(1, { descriptors: 8 })
  const { port } = listen({ host: '127.0.0.1', port: 0 }, network)
  for (let i = 0; i < 20; i++) {
    expect(() => listen({ host: '127.0.0.1', port }, network)).toThrow(
      expect.objectContaining({ code: 'EADDRINUSE', syscall: 'bind', port }),
    )
  }
})
