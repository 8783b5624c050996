import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import type { Socket } from 'node:net'
import type { Handler, ServerOptions } from '@rpc-steps/event-loop'
import { syscalls } from '@rpc-steps/sockets'
import { createFramer, requestText } from '@rpc-steps/wire'
import type { Params, Reply } from '@rpc-steps/wire'
import { expect, onTestFinished, test, vi } from 'vitest'
import { answer, listen, Loop } from '../src/index.ts'
import type { LoopOptions } from '../src/index.ts'

/** Why there is no io_uring here; undefined if there is. */
export const missing = ((): string | undefined => {
  try {
    new Loop({ syscalls }).close()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
})()

if (missing !== undefined) {
  console.warn(`tests of io_uring are skipped: ${missing}`)
  // On one's own machine it may be missing, where the build runs it may not.
  test.runIf(process.env['CI'] && process.platform === 'linux')('in CI there is io_uring', () => {
    expect(missing).toBeUndefined()
  })
}

/** A test that needs the kernel's rings. */
export const kernelTest = test.skipIf(missing !== undefined)

/** A server in this process, whose clients are in this process too: its loop takes one turn for each turn of Node's. */
export function serveHere(handler: Handler = answer, options: ServerOptions & LoopOptions = {}) {
  const errors: unknown[] = []
  const loop = new Loop({ onError: (error) => errors.push(error), ...options })
  const server = listen(loop, handler, options)
  let over = false
  const turn = () => {
    if (over) return loop.close()
    loop.turn(1)
    setImmediate(turn)
  }
  setImmediate(turn)
  onTestFinished(() => void (over = true))
  /** Nothing is in flight but the accept, and every buffer is with the kernel. */
  const idle = () => server.connections === 0 && loop.rings.inFlight === 1 && loop.buffers.out === 0 && loop.largeBuffers.out === 0
  return { loop, server, errors, idle }
}

/** Takes turns until `done`. Throws after half a minute: a test's own time-out cannot fire here. */
export function turnUntil(loop: Loop, done: () => boolean): void {
  const end = performance.now() + 30_000
  while (!done()) {
    if (performance.now() > end) throw new Error(`in 30 seconds not: ${done}`)
    loop.turn(100)
  }
}

/** Waits until something is so, for half a minute at most. */
export async function until(done: () => boolean): Promise<void> {
  await vi.waitUntil(done, { timeout: 30_000, interval: 1 })
}

/** A client that knows only bytes. */
export class RawPeer {
  readonly socket: Socket
  readonly #framer = createFramer('content-length')
  readonly replies: Reply[] = []
  ended = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => {
      this.#framer.push(chunk)
      for (let body; (body = this.#framer.next()) !== undefined; ) this.replies.push(JSON.parse(body))
    })
    socket.on('end', () => (this.ended = true))
    socket.on('error', () => {})
  }

  static async connect(port: number): Promise<RawPeer> {
    const socket = connectSocket({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const peer = new RawPeer(socket)
    await once(socket, 'connect')
    onTestFinished(() => void socket.destroy())
    return peer
  }

  /** Sends requests in one write. */
  send(...requests: [id: number, method: string, params?: Params][]): void {
    const framer = createFramer('content-length')
    this.socket.write(requests.map((request) => framer.frame(requestText(...request))).join(''))
  }
}
