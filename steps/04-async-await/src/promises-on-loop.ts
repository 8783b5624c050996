import type { Client } from '@rpc-steps/callbacks'
import * as loops from '@rpc-steps/event-loop'
import type { ClientOptions, Loop } from '@rpc-steps/event-loop'
import type { Call } from './call.ts'

// #region promises
/** A promise is a callback that somebody else may bring, later, and more than one. */
export function delay(loop: Loop, ms: number): Promise<void> {
  return new Promise((resolve) => loop.after(ms, resolve))
}

/** Connects without blocking; rejects with SystemError. */
export function connectOn(loop: Loop, options: ClientOptions): Promise<Client> {
  return new Promise((resolve, reject) => {
    loops.connect(loop, options, (error, client) => (error ? reject(error) : resolve(client)))
  })
}

/** The calls of a client on the loop, to be awaited. */
export function callsOf(client: Client): Call {
  return (method, params) =>
    new Promise((resolve, reject) => {
      client.call(method, params, (error, result) => (error ? reject(error) : resolve(result)))
    })
}
// #endregion

// #region run
/**
 * Runs the loop one turn at a time, and returns to Node after each. What waits in `await` is
 * resumed from Node's queue of microtasks, and Node empties that when the thread comes back to
 * it: a loop that kept the thread would settle promises that nobody is told about.
 */
export async function runWithPromises(loop: Loop): Promise<void> {
  while (loop.alive) {
    loop.turn(100)
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}
// #endregion
