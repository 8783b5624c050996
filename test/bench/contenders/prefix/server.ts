import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { reader } from './frames.ts'

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy())
  // What is in the frames is nobody's business here: they go back as they came, together.
  socket.on('data', reader((frames) => socket.write(frames)))
})
server.listen(0, '127.0.0.1', () => {
  console.log(`listening on 127.0.0.1:${(server.address() as AddressInfo).port}`)
})
