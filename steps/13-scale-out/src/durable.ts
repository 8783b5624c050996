import { createHash, randomUUID } from 'node:crypto'
import { systemClock } from '@rpc-steps/async-await'
import type { Call, Clock, Handler, Request } from '@rpc-steps/async-await'
import { attempt, backoff, fateOf, retryAfterOf, verdictOf } from '@rpc-steps/resilience'
import { hasStream } from '@rpc-steps/streaming'
import type { Door, Inside, Visitor } from '@rpc-steps/security'
import { run } from '@rpc-steps/standards'
import type { Running } from '@rpc-steps/standards'
import { codes, errorText, Inbox, parse, requestText, resultOf, RpcError, withExtras } from '@rpc-steps/wire'
import type { Reply, Respond } from '@rpc-steps/wire'
import type { Job, Store, Working } from './store.ts'

// #region durable
/**
 * Calls that survive: the broker stores each before it is worked on, and its answer. `meta.idempotencyKey` names it,
 * and with the same key it can be asked for again, by anybody who knows the key. A deadline is how long the caller
 * waits; the call itself goes on, and cannot be cancelled.
 */
export function durable(store: Store, { kept }: { kept?: (key: string) => void } = {}): Call {
  return async (method, params, { signal, extras } = {}) => {
    const { meta: { timeoutMs: _, ...meta } = {}, ...beside } = extras?.() ?? {}
    if (hasStream(meta)) throw new RpcError(codes.invalidRequest, 'Invalid Request', 'a stream cannot be stored')
    const key = meta.idempotencyKey ?? randomUUID()
    const text = String(withExtras(requestText(1, method, params), { ...beside, meta: { ...meta, idempotencyKey: key } }))
    const answer = await store.ask(nameOf(key), text, { signal, kept: kept && (() => kept(key)) })
    return resultOf(parse(answer) as Reply)
  }
}

/** The name under which a call is stored: any key has one, and none says more to a broker than this. */
function nameOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}
// #endregion

/** How calls that are stored are worked on. */
export interface WorkOptions {
  /** At the same time. Default 16. */
  atOnce?: number | undefined
  /** Tries of a call that fails, or whose worker does. Default 5. */
  tries?: number
  /** Milliseconds from one sign of life of a job to the next. Default 1,000. */
  beatMs?: number
  clock?: Clock
  /** What happened that nobody else is told. */
  log?: (line: string) => void
}

// #region work
/**
 * Works on the calls of a store. What runs and fails is tried again, and after its last try it is buried. An effect of
 * the handler may come about once more for each further try: only what is stored here itself, the answer, is there once.
 */
export async function work(store: Store, handler: Handler, { atOnce = 16, tries = 5, beatMs = 1_000, clock = systemClock, log = console.error }: WorkOptions = {}): Promise<Working> {
  const visitor: Visitor = { from: 'stored', address: 'stored', isKnown: () => true }
  const running = new Set<Running>()

  function begin(job: Job, request: Request): Running {
    const trying: Handler = (request, context) => {
      context.set(attempt, job.tries)
      return handler(request, context)
    }
    const one = run(trying, request, { guest: { visitor, principal: undefined }, size: job.text.length })
    running.add(one)
    const end = () => running.delete(one)
    one.answer.then(end, end)
    return one
  }

  async function once(job: Job): Promise<void> {
    // Whoever had it before has not come to an end so often that it may be the job that ends them.
    if (job.tries > tries) return bury(job, `given out ${tries} times, and never answered`)
    for (let refusals = 1; ; refusals++) {
      const { text, error } = await answered(job.text, (request) => begin(job, request), log)
      if (fateOf(error) === 'unrun') {
        // There is no room for it now. That is no failure of the job, and it is not lost meanwhile.
        if (isDraining(error)) return job.again(0)
        await new Promise<void>((resolve) => clock.after(retryAfterOf(error) + backoff(refusals), resolve))
      } else if (verdictOf(error) !== 'fails' && !isFault(error)) return job.done(text)
      else if (job.tries < tries) return job.again(backoff(job.tries, { base: 100 }))
      else return bury(job, (error as Error).message, text)
    }
  }

  const taking = await store.work(async (job) => {
    let stop = () => {}
    const beat = () => {
      stop = clock.after(beatMs, () => (job.alive(), beat()))
    }
    beat()
    try {
      await once(job)
    } finally {
      stop()
    }
  }, atOnce)
  return {
    async leave(ms = 30_000) {
      const stop = clock.after(ms, () => {
        for (const one of [...running]) one.abort(ending)
      })
      await taking.leave()
      stop()
    },
  }
}

const ending = new RpcError(codes.unavailable, 'The worker ends', { status: 'UNAVAILABLE' })

function bury(job: Job, reason: string, text = errorText(1, new RpcError(codes.internalError, 'Internal error', reason))): Promise<void> {
  return job.bury(reason, text)
}
// #endregion

/** Runs what is stored, and resolves with the reply, and what the handler has failed with. */
function answered(text: string, begin: (request: Request) => Running, log: (line: string) => void): Promise<{ text: string; error?: unknown }> {
  return new Promise((resolve) => {
    let error: unknown
    let begun = false
    const request = (request: Request, respond: Respond) => {
      if (request.id === undefined) return
      begun = true
      begin(request).answer.then(
        (answer) => respond(null, answer),
        (reason: unknown) => respond((error = reason)),
      )
    }
    const send = (text: unknown) => {
      begun = true
      resolve({ text: String(text), error })
    }
    new Inbox({ request, reply: () => {}, send, internalError: log }).receive(text)
    if (!begun) resolve({ text: errorText(null, new RpcError(codes.invalidRequest, 'Invalid Request', 'no request with an id')) })
  })
}

function isDraining(error: unknown): boolean {
  return error instanceof RpcError && error.code === codes.unavailable
}

/** What is no RpcError is a bug, or something that is broken for now. */
function isFault(error: unknown): boolean {
  return error !== undefined && !(error instanceof RpcError)
}

/** A way in for calls that are stored: one of `doors`. */
export function durableDoor(store: Store, options: WorkOptions = {}): (inside: Pick<Inside, 'handler'>) => Promise<Door> {
  return async ({ handler }) => {
    const working = await work(store, handler, options)
    let left: Promise<void> | undefined
    const leave = () => (left ??= working.leave())
    return {
      // What comes after this is given back; what is in hand goes on, and others may call meanwhile.
      leave: async () => void leave(),
      close: leave,
    }
  }
}
