import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { BenchClient } from '@rpc-steps/course'
import { createFramer, DisconnectedError, requestText, RpcError } from '@rpc-steps/wire'
import type { Params, Reply } from '@rpc-steps/wire'

/** Connects without any manners: what is done with the socket is the caller's business. */
export async function raw(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true })
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
  /** Hears of each reply to no call: to none that was made, or to one that has its reply. */
  onStray = (_id: unknown) => {}
  readonly #framer = createFramer('content-length')
  readonly #pending = new Map<unknown, Pending>()
  #lastId = 0
  #end: Error | undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => {
      try {
        this.#framer.push(chunk)
        for (let body = this.#framer.next(); body !== undefined; body = this.#framer.next()) {
          this.#onReply(JSON.parse(body) as Reply)
        }
      } catch (error) {
        this.#end = error as Error
        socket.destroy()
      }
    })
    socket.on('close', () => {
      this.#end ??= new DisconnectedError()
      for (const { reject } of this.#pending.values()) reject(this.#end)
      this.#pending.clear()
    })
  }

  #onReply({ id, result, error }: Reply): void {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    if (pending && error) pending.reject(new RpcError(error.code, error.message, error.data, 'peer'))
    else if (pending) pending.resolve(result)
    else if (id !== null) this.onStray(id)
  }

  static async to(port: number, host?: string): Promise<Client> {
    return new Client(await raw(port, host))
  }

  /** Resolves with the result; rejects if there is none, or if the connection ends before. */
  call(method: string, params: Params): Promise<unknown> {
    if (this.#end) return Promise.reject(this.#end)
    const id = ++this.#lastId
    this.socket.write(this.#framer.frame(requestText(id, method, params)))
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }))
  }

  async leave(): Promise<void> {
    this.socket.end()
    await over(this.socket)
  }
}

/** A client that behaves, as the lanes of random traffic take it. */
export function promising(onStray: (id: unknown) => void): BenchClient {
  return {
    async connect(port) {
      const client = await Client.to(port)
      client.onStray = onStray
      return {
        call: ({ method, params }, done) => {
          client.call(method, params as Params).then((answer) => done(null, answer), done)
        },
        close: () => void client.leave(),
      }
    },
  }
}

/** Connects, calls, compares, leaves: what every client must be able to do at any time. */
export async function beServed(port: number, host?: string): Promise<void> {
  const client = await Client.to(port, host)
  const text = `after all, ${port}`
  const answer = await client.call('say', { text })
  if (answer !== `You said: ${text}`) throw new Error(`wrong answer: ${JSON.stringify(answer)}`)
  await client.leave()
}
