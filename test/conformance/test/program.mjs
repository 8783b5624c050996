// A server as a program, with a way of being wrong: `node program.mjs PORT WAY`.
import { createServer } from 'node:net'

const [, , port, way] = process.argv
const framed = (reply) => {
  const body = JSON.stringify(reply)
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

const server = createServer({ allowHalfOpen: true }, (socket) => {
  let bytes = Buffer.alloc(0)
  socket.on('error', () => {}).on('end', () => {
    if (way === 'one client') return server.close(() => process.exit(0))
    return socket.end()
  })
  if (way === 'one client') socket.on('close', () => process.exit(0))
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk])
    for (;;) {
      const at = bytes.indexOf('\r\n\r\n')
      const length = Number(/^content-length:\s*(\d+)/im.exec(bytes.toString('latin1'))?.[1])
      if (at < 0 || bytes.length < at + 4 + length) return
      const { id, method, params } = JSON.parse(bytes.subarray(at + 4, at + 4 + length))
      bytes = bytes.subarray(at + 4 + length)
      if (way === 'dies at a letter' && /[^\0-\x7f]/.test(params.text)) throw new RangeError('no such letter')
      const reply = { jsonrpc: '2.0', id, result: `You said: ${params.text}` }
      if (way === 'prints') console.log(framed(reply))
      else if (way === 'hangs at a letter' && /[^\0-\x7f]/.test(params.text)) for (;;);
      else if (method === 'say') socket.write(framed(reply))
    }
  })
})

if (way === 'exits') {
  console.error('NameError: sokcet')
  process.exit(3)
}
if (way === 'does not listen') setInterval(() => console.log('hello'), 10_000)
else if (way === 'another port') server.listen(0, '127.0.0.1', () => console.log('ready'))
else server.listen(Number(port), way === 'IPv6' ? '::1' : way === 'another address' ? '127.0.0.2' : '127.0.0.1')
