import { once } from 'node:events'
import { connect as connectSocket, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { createFramer } from '@rpc-steps/wire'
import type { Json, Params } from '@rpc-steps/wire'
import { afterEach } from 'vitest'
import { connect, listen } from '../src/index.ts'
import type { Client, ClientOptions, Handler, Server, ServerOptions } from '../src/index.ts'

// Both ends of a connection for the tests: ours as promises, and raw ones that misbehave.

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

/** A server of ours, stopped after the test. */
export function listening(handler: Handler, options: ServerOptions = {}): Promise<Server> {
  return new Promise((resolve, reject) => {
    listen(handler, options, (error, server) => {
      if (error) return reject(error)
      cleanUps.push(() => new Promise<void>((done) => server.close(done)))
      resolve(server)
    })
  })
}

/** A client of ours, destroyed after the test. */
export function connected(options: ClientOptions): Promise<Client> {
  return new Promise((resolve, reject) => {
    connect(options, (error, client) => {
      if (error) return reject(error)
      cleanUps.push(() => client.destroy())
      resolve(client)
    })
  })
}

export function calling(client: Client, method: string, params?: Params): Promise<Json> {
  return new Promise((resolve, reject) => {
    client.call(method, params, (error, result) => (error ? reject(error) : resolve(result)))
  })
}

/** A server that does with each connection what the test says. Returns its port. */
export async function scripted(script: (peer: Peer) => unknown): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => script(new Peer(socket)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUps.push(() => server.close())
  return (server.address() as AddressInfo).port
}

/** A connection to a server, in the test's own hands. */
export async function raw(port: number): Promise<Peer> {
  const socket = connectSocket({ port, host: '127.0.0.1', allowHalfOpen: true })
  await once(socket, 'connect')
  return new Peer(socket)
}

export interface Message {
  id: number | null
  method: string
  params: { text: string }
  result: Json
  error: { code: number; message: string; data: Json }
}

/** A socket that speaks frames, or anything else. */
export class Peer {
  readonly socket: Socket
  readonly #framer = createFramer('content-length', { header: 8_192, body: 64_000_000 })
  readonly #messages: Message[] = []
  #wake = () => {}
  /** How it ended, once it has: `end` is in order, anything else an error's code. */
  ended: string | undefined

  constructor(socket: Socket) {
    this.socket = socket
    cleanUps.push(() => socket.destroy())
    const end = (how: string) => {
      this.ended ??= how
      this.#wake()
    }
    socket.on('data', (chunk: Buffer) => {
      this.#framer.push(chunk)
      for (let body; (body = this.#framer.next()) !== undefined; ) {
        this.#messages.push(JSON.parse(body) as Message)
      }
      this.#wake()
    })
    socket.on('end', () => end('end'))
    socket.on('error', (error: Error & { code: string }) => end(error.code))
    socket.on('close', () => end('close'))
  }

  /** The next message; undefined when there is none because the stream has ended. */
  async message(): Promise<Message | undefined> {
    while (this.#messages.length === 0 && this.ended === undefined) await this.#event()
    return this.#messages.shift()
  }

  /** How the stream ended, when it has. */
  async end(): Promise<string> {
    while (this.ended === undefined) await this.#event()
    return this.ended
  }

  #event(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }

  send(...messages: object[]): void {
    this.write(messages)
  }

  /** Calls back when the kernel has taken all of it. */
  write(messages: readonly object[], taken?: () => void): void {
    const frames = messages.map((m) => this.#framer.frame(JSON.stringify({ jsonrpc: '2.0', ...m })))
    this.socket.write(frames.join(''), taken)
  }
}
