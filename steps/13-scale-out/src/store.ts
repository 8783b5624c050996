import { codes, RpcError } from '@rpc-steps/wire'

/** What keeps calls until they are answered, and then the answers. */
export interface Store {
  /** What it does not promise, for whoever is to be told. */
  readonly caveat: string | undefined
  /**
   * Keeps a call and resolves with its answer. `kept` is told when it is stored: from then on it is worked on, whoever
   * ends, and not before. What comes again under its key is not stored again, so it is safe to ask until there is an answer.
   * Rejects with RpcError -32602 if something else is stored under the key, and with the signal's reason; the call goes on then.
   */
  ask(key: string, text: string, options?: AskOptions): Promise<string>
  /** Has each call that is stored and not answered worked on, so many at once. */
  work(run: (job: Job) => Promise<void>, atOnce: number): Promise<Taking>
}

/** What may be said beside a call that is stored. */
export interface AskOptions {
  /** Told when the call is stored. */
  kept?: (() => void) | undefined
  signal?: AbortSignal | undefined
}

// #region job
/**
 * A call that was given to a worker. If the worker says nothing for a while, it is given to another, also when the
 * first is at it still: so it is worked on once or more often, and never not at all.
 */
export interface Job {
  readonly key: string
  readonly text: string
  /** How often it was given out, this time included. */
  readonly tries: number
  /** It is still worked on. */
  alive(): void
  /** Stores the answer, unless there is one already, and then puts the call away. */
  done(answer: string): Promise<void>
  /** Gives it out again, in so many milliseconds. */
  again(ms: number): void
  /** The same as `done`, and puts the call where somebody can look why it came to nothing. */
  bury(reason: string, answer: string): Promise<void>
}
// #endregion

/** Somebody who takes what is stored. */
export interface Taking {
  /** Takes no more, and resolves when the work on all that was taken has ended. */
  leave(): Promise<void>
}

/** Somebody who works on what is stored. */
export interface Working {
  /** Takes no more, and resolves when all that was taken is put away or given back; what takes longer than so many milliseconds is given back. */
  leave(ms?: number): Promise<void>
}

/** Throws RpcError -32602 unless both texts are the same call: a key is for one. What is said beside it may differ. */
export function checkSame(text: string, stored: string | undefined): void {
  if (stored === undefined || callOf(text) === callOf(stored)) return
  throw new RpcError(codes.invalidParams, 'Invalid params', 'this "idempotencyKey" came before with another method or other parameters')
}

function callOf(text: string): string {
  const { method, params } = JSON.parse(text) as { method?: string; params?: unknown }
  return JSON.stringify([method, params ?? null])
}
