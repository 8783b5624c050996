import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import type { Socket } from 'node:net'
import { createFramer, requestText } from '@rpc-steps/wire'
import type { Json, Params, Reply, Text } from '@rpc-steps/wire'
import { onTestFinished, vi } from 'vitest'
import { listen, Loop, answer } from '../src/index.ts'
import type { Handler, LoopOptions, ServerOptions } from '../src/index.ts'

/**
 * A server in this process, whose clients are in this process too: so its loop takes one turn for
 * each turn of Node's.
 */
export function serveHere(handler: Handler = answer, options: ServerOptions & LoopOptions = {}) {
  const loop = new Loop(options)
  const server = listen(loop, handler, options)
  let over = false
  const turn = () => {
    if (over) return loop.close()
    loop.turn(1)
    setImmediate(turn)
  }
  setImmediate(turn)
  onTestFinished(() => void (over = true))
  return { loop, server }
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
  closed = false
  error: NodeJS.ErrnoException | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => {
      this.#framer.push(chunk)
      for (let body; (body = this.#framer.next()) !== undefined; ) this.replies.push(JSON.parse(body))
    })
    socket.on('end', () => (this.ended = true))
    socket.on('error', (error) => (this.error = error))
    socket.on('close', () => (this.closed = true))
  }

  static async connect(port: number, allowHalfOpen = false): Promise<RawPeer> {
    const socket = connectSocket({ port, host: '127.0.0.1', allowHalfOpen, noDelay: true })
    const peer = new RawPeer(socket)
    await once(socket, 'connect')
    onTestFinished(() => void socket.destroy())
    return peer
  }

  /** Sends bytes as they are. */
  raw(text: string): void {
    this.socket.write(text)
  }

  /** Sends requests in one write. */
  send(...requests: [id: number, method: string, params?: Params][]): void {
    this.raw(requests.map((request) => frame(requestText(...request))).join(''))
  }

  /** Sends one request and waits for its reply. */
  async call(id: number, method: string, params: Params = []): Promise<Json | undefined> {
    this.send([id, method, params])
    await until(() => this.replies.some((reply) => reply.id === id))
    return this.replies.find((reply) => reply.id === id)!.result
  }
}

export function frame(body: Text): string {
  return createFramer('content-length').frame(body)
}
