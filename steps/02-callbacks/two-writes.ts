import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { main, readOptions } from '@rpc-steps/cli'
import { createFramer, requestText } from '@rpc-steps/wire'

const usage = `two-writes.ts

Measures what a call costs when header and body are written one after the other.`

type Write = (socket: Socket, body: string) => void

// #region two-writes
const header = (body: string) => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`

const twoWrites: Write = (socket, body) => {
  socket.write(header(body))
  socket.write(body)
}

const oneWrite: Write = (socket, body) => {
  socket.write(header(body) + body)
}
// #endregion

/** The milliseconds of a call in the middle of `count`, to a server that echoes. */
async function measure(write: Write, noDelay: boolean, count: number): Promise<number> {
  const server = createServer({ noDelay }, (socket) => {
    onMessage(socket, (body) => write(socket, body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1', noDelay })

  let answered = () => {}
  onMessage(socket, () => answered())
  const times: number[] = []
  for (let id = 1; id <= count; id++) {
    const start = performance.now()
    write(socket, `${requestText(id, 'say', { text: 'Hello, server!' })}`)
    await new Promise<void>((resolve) => (answered = resolve))
    times.push(performance.now() - start)
  }
  socket.destroy()
  server.close()
  return times.sort((a, b) => a - b)[count >> 1]!
}

function onMessage(socket: Socket, listener: (body: string) => void): void {
  const framer = createFramer('content-length')
  socket.on('data', (chunk: Buffer) => {
    framer.push(chunk)
    for (let body; (body = framer.next()) !== undefined; ) listener(body)
  })
}

const ms = async (write: Write, noDelay: boolean, count = 2_000) =>
  `${(await measure(write, noDelay, count)).toFixed(2)} ms`.padStart(16)

await main(async () => {
  readOptions(usage, {})
  console.log('one call, header and body in   noDelay: false   noDelay: true')
  console.log(`  two writes               ${await ms(twoWrites, false, 60)}${await ms(twoWrites, true)}`)
  console.log(`  one write                ${await ms(oneWrite, false)}${await ms(oneWrite, true)}`)
})
