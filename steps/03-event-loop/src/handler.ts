import { trace } from '@rpc-steps/trace'
import type { Request, Respond } from '@rpc-steps/wire'

/**
 * Answers one request: starts whatever takes time, returns, and calls `respond` when it is
 * done. What it throws is answered with "Internal error", and so is what a job throws that it
 * has left to `after`.
 */
export type Handler = (request: Request, respond: Respond, after: After) => void

/** Does something once, `ms` milliseconds from now. */
export type After = (ms: number, job: () => void) => void

/** Runs a handler. Whatever it throws, now or in a job, is told to its caller and to nobody else. */
export function run(handler: Handler, request: Request, respond: Respond, after: After, label: number): void {
  guarded(request, respond, label, () =>
    handler(request, respond, (ms, job) => after(ms, () => guarded(request, respond, label, job))),
  )
}

function guarded({ method, id }: Request, respond: Respond, label: number, job: () => void): void {
  try {
    trace.ran(method, label, id, job)
  } catch (error) {
    respond(error)
  }
}
