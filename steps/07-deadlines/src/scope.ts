import { AsyncLocalStorage } from 'node:async_hooks'
import type { RequestContext } from '@rpc-steps/async-await'
import type { Deadline } from './deadline.ts'

// #region scope
/** What the calls of a handler inherit: until when, and whose end is theirs. */
export interface Scope {
  readonly deadline: Deadline
  readonly context: RequestContext
}

/** A variable that each chain of callbacks and promises has for itself. */
const storage = new AsyncLocalStorage<Scope | undefined>()

/** The scope of the handler that this code was called from, however indirectly. */
export function currentScope(): Scope | undefined {
  return storage.getStore()
}

/** Runs a function in a scope. What it begins goes on in there when the function has returned. */
export function inScope<T>(scope: Scope, run: () => T): T {
  return storage.run(scope, run)
}

/** Runs a function that is to outlive its request: its calls inherit nothing. */
export function detached<T>(run: () => T): T {
  return storage.run(undefined, run)
}
// #endregion
