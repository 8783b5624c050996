import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'

/** A number from 0 to 1, by chance. */
export type Random = () => number

/** The chance of this seed: Mulberry32, by Tommy Ettinger, in the public domain. */
export function randomOf(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What a network does to a connection. */
export interface Faults {
  readonly random: Random
  /** Bytes, both ways together, after which it resets the connection. */
  readonly resetAfter?: number
}

/**
 * A network between clients and the server on this port: it hands on all bytes in their order, split
 * and joined by chance, now and then late, at the pace of whoever reads them.
 */
export async function faultyNetwork(port: number, { random, resetAfter = Infinity }: Faults) {
  let left = resetAfter
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const other = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const both = [client, other]
    const reset = () => {
      for (const socket of both) socket.resetAndDestroy()
    }
    for (const socket of both) {
      sockets.add(socket)
      socket.on('error', reset).once('close', () => sockets.delete(socket))
    }
    void carry(client, other, reset).catch(reset)
    void carry(other, client, reset).catch(reset)
  })

  /** One way of a connection. */
  async function carry(from: Socket, to: Socket, reset: () => void): Promise<void> {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; ) {
        const size = random() < 0.3 ? 1 + Math.floor(random() * 40) : 1 + Math.floor(random() * 64 * 1024)
        const piece = chunk.subarray(at, at + Math.min(size, left))
        at += piece.length
        left -= piece.length
        // What comes meanwhile is joined by the kernel.
        if (random() < 0.1) await delay(random() * 5)
        else if (random() < 0.5) await turn()
        if (to.destroyed) return
        if (piece.length > 0 && !to.write(piece)) await Promise.race([once(to, 'drain'), once(to, 'close')])
        if (left === 0) return reset()
      }
    }
    to.end()
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
