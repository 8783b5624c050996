import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { createFramer, requestText } from '@rpc-steps/wire'
import type { Params, Reply } from '@rpc-steps/wire'

/** Connects without any manners: what is done with the socket is the caller's business. */
export async function raw(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await once(socket, 'connect')
  return socket.on('error', () => {})
}

/** Resolves when the connection is over, in whatever way. What still comes is thrown away. */
export async function over(socket: Socket): Promise<void> {
  if (socket.closed) return
  socket.resume()
  await new Promise((done) => socket.once('close', done))
}

interface Pending {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** A client that behaves. */
export class Client {
  readonly socket: Socket
  readonly #framer = createFramer('content-length')
  readonly #pending = new Map<unknown, Pending>()
  #lastId = 0

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => {
      this.#framer.push(chunk)
      for (let body = this.#framer.next(); body !== undefined; body = this.#framer.next()) {
        const { id, result, error } = JSON.parse(body) as Reply
        if (error) this.#pending.get(id)?.reject(new Error(error.message))
        else this.#pending.get(id)?.resolve(result)
        this.#pending.delete(id)
      }
    })
    socket.on('close', () => {
      const lost = new Error('the connection ended before the answer')
      for (const { reject } of this.#pending.values()) reject(lost)
    })
  }

  static async to(port: number): Promise<Client> {
    return new Client(await raw(port))
  }

  /** Resolves with the result; rejects if there is none, or if the connection ends before. */
  call(method: string, params: Params): Promise<unknown> {
    const id = ++this.#lastId
    this.socket.write(this.#framer.frame(requestText(id, method, params)))
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }))
  }

  async leave(): Promise<void> {
    this.socket.end()
    await over(this.socket)
  }
}

/** Connects, calls, compares, leaves: what every client must be able to do at any time. */
export async function beServed(port: number): Promise<void> {
  const client = await Client.to(port)
  const text = `after all, ${port}`
  const answer = await client.call('say', { text })
  if (answer !== `You said: ${text}`) throw new Error(`wrong answer: ${JSON.stringify(answer)}`)
  await client.leave()
}
