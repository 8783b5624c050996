import { connect, Context, listen, RpcError } from '@rpc-steps/async-await'
import type { Answer, Handler, Json, Peer, PeerOptions, Request, Server } from '@rpc-steps/async-await'
import { cancels } from '@rpc-steps/deadlines'
import { onTestFinished } from 'vitest'
import type { Limit, Sample } from '../src/index.ts'

/** A limit of so many that notes what it is told. */
export function noting(current: number): Limit & { samples: Sample[] } {
  const samples: Sample[] = []
  return { current, samples, sample: (sample) => void samples.push(sample) }
}

export const request = (id: number): Request => ({ jsonrpc: '2.0', id, method: 'x' })

/** Lets every promise that can settle do so. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Handlers that end when the test says so. */
export class Stage {
  /** The requests that were begun, by their ids, in order. */
  readonly begun: unknown[] = []
  readonly #ends = new Map<unknown, { resolve(value: Json): void; reject(error: unknown): void }>()

  readonly handler: Handler = ({ id }) => {
    this.begun.push(id)
    return new Promise<Json>((resolve, reject) => this.#ends.set(id, { resolve, reject }))
  }

  async end(id: unknown, ...error: [unknown?]): Promise<void> {
    const { resolve, reject } = this.#ends.get(id)!
    this.#ends.delete(id)
    if (error.length > 0) reject(error[0])
    else resolve(`done ${id}`)
    await turn()
  }

  /** Ends whatever has begun longest ago. */
  endFirst(): Promise<void> {
    const [id] = this.#ends.keys()
    return id === undefined ? turn() : this.end(id)
  }
}

/** Asks a handler, and tells what comes: the answer, or the error's code or message. */
export function ask(handler: Handler, id: number, tell: (outcome: unknown) => void = () => {}): Context {
  const context = new Context()
  const fail = (error: unknown) => tell(error instanceof RpcError ? error.code : (error as Error | undefined)?.message)
  try {
    const answer = handler(request(id), context)
    if (typeof (answer as PromiseLike<Answer> | null)?.then === 'function') {
      ;(answer as PromiseLike<Answer>).then(tell, fail)
    } else tell(answer)
  } catch (error) {
    fail(error)
  }
  return context
}

/** A server on loopback; it is closed when the test is over. */
export async function served(handler: Handler, options: PeerOptions = {}): Promise<Server> {
  const server = await listen(handler, { host: '127.0.0.1', port: 0 }, { grace: 500, extensions: [cancels], ...options })
  onTestFinished(() => server.close())
  return server
}

export async function dial(server: { host: string; port: number }, options: PeerOptions = {}): Promise<Peer> {
  const peer = await connect(server, { grace: 500, extensions: [cancels], ...options })
  onTestFinished(() => peer.destroy())
  return peer
}
