import type { Client } from '@rpc-steps/callbacks'
import { connect, Loop } from '@rpc-steps/event-loop'

/** Connections of step 03 that stay, with one call in flight on each: the same work for whoever answers. */
export class Crowd {
  readonly #loop = new Loop()
  readonly #clients: Client[] = []
  #failure: Error | undefined
  #waiting = 0

  /** Connects `size` times, one after another. Throws SystemError if it cannot. */
  constructor(server: { host: string; port: number }, size: number) {
    for (let place = 0; place < size; place++) {
      connect(this.#loop, server, (error, client) => {
        if (error) this.#failure = error
        else this.#clients.push(client)
      })
      this.#turnUntil(() => this.#clients.length > place)
    }
  }

  /** Makes so many calls on each connection, the next when the last is answered. Throws if an answer is wrong. */
  call(each: number): void {
    this.begin(each)
    this.#turnUntil(() => this.#waiting === 0)
  }

  /** Hands the first of so many calls on each connection to the kernel. */
  begin(each = 1): void {
    const next = (client: Client, left: number) => {
      if (left === 0) return
      this.#waiting++
      client.call('say', ['hello'], (error, text) => {
        if (text !== 'You said: hello') this.#failure ??= error ?? new Error('a wrong answer')
        this.#waiting--
        next(client, left - 1)
      })
    }
    for (const client of this.#clients) next(client, each)
    this.#loop.turn(0)
  }

  /** Goes on with what has come, and says whether all have been answered. */
  look(): boolean {
    this.#loop.turn(0)
    if (this.#failure) throw this.#failure
    return this.#waiting === 0
  }

  close(): void {
    for (const client of this.#clients) client.destroy()
    this.#loop.close()
  }

  #turnUntil(done: () => boolean): void {
    while (!done()) {
      if (this.#failure) throw this.#failure
      this.#loop.turn(1_000)
    }
  }
}
