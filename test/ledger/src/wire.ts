import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** A wire that counts the bytes that go over it. */
export interface Wire {
  /** Where it begins. */
  readonly port: number
  /** From whoever connects, and to them. */
  readonly bytes: { up: number; down: number }
  close(): void
}

/** Lays a wire to a port of this machine. */
export async function countedWire(to: number): Promise<Wire> {
  const bytes = { up: 0, down: 0 }
  const sockets = new Set<Socket>()
  const pass = (from: Socket, into: Socket, way: 'up' | 'down') => {
    sockets.add(from)
    from.setNoDelay(true)
    from.on('data', (chunk) => {
      bytes[way] += chunk.length
      into.write(chunk)
    })
    from.on('end', () => into.end())
    from.on('error', () => into.destroy())
    from.on('close', () => sockets.delete(from))
  }
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ host: '127.0.0.1', port: to, allowHalfOpen: true })
    pass(near, far, 'up')
    pass(far, near, 'down')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { port: (server.address() as AddressInfo).port, bytes, close }
}
