import type { Socket } from 'node:net'

/** Any JSON-RPC message. Bare trusts its peer, so nothing is checked. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Message = any

/** Writes one message: header and body together, one write for each. */
export function write(socket: Socket, message: Message): void {
  const body = JSON.stringify(message)
  socket.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}

/** A listener for 'data' that hands on each whole message. */
export function reader(onMessage: (message: Message) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      const end = rest.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = Number(/Content-Length: (\d+)/.exec(rest.toString('latin1', 0, end))?.[1])
      const start = end + 4
      if (rest.length < start + length) return
      onMessage(JSON.parse(rest.toString('utf8', start, start + length)))
      rest = rest.subarray(start + length)
    }
  }
}
