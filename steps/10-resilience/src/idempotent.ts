import { createHash } from 'node:crypto'
import { Context, ContextAround, systemClock } from '@rpc-steps/async-await'
import type { Answer, Clock, Handler, Request, RequestContext } from '@rpc-steps/async-await'
import { hasStream } from '@rpc-steps/streaming'
import { codes, RpcError } from '@rpc-steps/wire'
import { fateOf } from './status.ts'

/** What is kept of requests with a key. */
export interface IdempotentOptions {
  /** Answers at most; the oldest are forgotten. Default 10,000. */
  size?: number
  /** Characters of all of them, as JSON; the last is kept in any case. Default 16 Mi. */
  characters?: number
  /** Milliseconds for which an answer is kept. Default 60,000. */
  ttlMs?: number
  /** Who asks: keys of one are nothing to another. Default: all are one. */
  scope?: (context: RequestContext) => string
  clock?: Clock
}

/** Characters of a key: a UUID has 36. */
const longest = 256

/** A request that was begun, and what came of it. */
interface Entry {
  /** Of its method and parameters. */
  readonly hash: string
  readonly answer: Promise<Answer>
  /** Characters of the answer. */
  size: number
  expires: number
}

// #region idempotent
/**
 * A handler that runs once what comes twice with the same `meta.idempotencyKey`, and answers both; the second
 * waits if the first is still running. What has not run may run again; any other outcome is kept, errors too.
 * The same key with another method or other parameters is -32602, and a stream with a key is -32600. A key
 * is known to this handler alone: another server would run it again. "The Idempotency-Key HTTP Header Field",
 * draft-ietf-httpapi-idempotency-key-header. Throws RangeError.
 */
export function idempotent(handler: Handler, options: IdempotentOptions = {}): Handler {
  const answers = new Answers(options)
  const { scope = () => '' } = options
  return (request, context) => {
    const key = keyOf(request)
    if (key === undefined) return handler(request, context)
    const name = JSON.stringify([scope(context), key])
    return answers.of(name, hashOf(request), async () => handler(request, new Lasting(context, options.clock)))
  }
}
// #endregion

function keyOf({ meta }: Request): string | undefined {
  const key = meta?.idempotencyKey
  if (key === undefined) return undefined
  if (hasStream(meta)) throw refused('a stream cannot be answered twice, so it takes no "idempotencyKey"')
  if (key.length >= 1 && key.length <= longest) return key
  throw refused(`"idempotencyKey" must have from 1 to ${longest} characters, not ${key.length}`)
}

function refused(why: string): RpcError {
  return new RpcError(codes.invalidRequest, 'Invalid Request', why)
}

function hashOf({ method, params }: Request): string {
  return createHash('sha256').update(JSON.stringify([method, params ?? null])).digest('base64')
}

// #region answers
class Answers {
  readonly #size: number
  readonly #characters: number
  readonly #ttlMs: number
  readonly #clock: Clock
  readonly #running = new Map<string, Entry>()
  /** In the order in which they were kept, which is also that in which they expire. */
  readonly #kept = new Map<string, Entry>()
  #keptCharacters = 0

  constructor({ size = 10_000, characters = 16 * 1024 * 1024, ttlMs = 60_000, clock = systemClock }: IdempotentOptions) {
    if (!(size >= 1)) throw new RangeError(`size must be 1 or more, not ${size}`)
    if (!(characters >= 0)) throw new RangeError(`characters must be 0 or more, not ${characters}`)
    if (!(ttlMs >= 0)) throw new RangeError(`ttlMs must be 0 or more, not ${ttlMs}`)
    this.#size = size
    this.#characters = characters
    this.#ttlMs = ttlMs
    this.#clock = clock
  }

  of(name: string, hash: string, run: () => Promise<Answer>): Promise<Answer> {
    this.#forgetOld()
    const known = this.#running.get(name) ?? this.#kept.get(name)
    if (known && known.hash !== hash) {
      throw new RpcError(codes.invalidParams, 'Invalid params', 'this "idempotencyKey" came before with another method or other parameters')
    }
    if (known) return known.answer
    const entry: Entry = { hash, answer: run(), size: 0, expires: Infinity }
    this.#running.set(name, entry)
    entry.answer.then((answer) => this.#ended(name, entry, answer), (error: unknown) => this.#ended(name, entry, null, error))
    return entry.answer
  }

  #ended(name: string, entry: Entry, answer: Answer, error?: unknown): void {
    this.#running.delete(name)
    if (error !== undefined && fateOf(error) === 'unrun') return
    entry.size = JSON.stringify(answer ?? null).length
    entry.expires = this.#clock.now() + this.#ttlMs
    this.#kept.set(name, entry)
    this.#keptCharacters += entry.size
    this.#forgetOld()
  }

  #forgetOld(): void {
    const now = this.#clock.now()
    for (const [name, { size, expires }] of this.#kept) {
      const tooMany = this.#kept.size > this.#size || (this.#keptCharacters > this.#characters && this.#kept.size > 1)
      if (expires > now && !tooMany) break
      this.#kept.delete(name)
      this.#keptCharacters -= size
    }
  }
}
// #endregion

// #region lasting
/**
 * The context of a request that runs to its end: when a connection is lost, its caller comes back with the
 * same key, and what was broken off in the middle could neither be answered nor run again.
 */
class Lasting extends ContextAround {
  readonly #own: Context

  constructor(outer: RequestContext, clock: Clock | undefined) {
    super(outer)
    const { peer, call, label } = outer
    this.#own = new Context({ peer, call, label, clock })
  }

  override get signal(): AbortSignal {
    return this.#own.signal
  }
  override sleep(ms: number): Promise<void> {
    return this.#own.sleep(ms)
  }
  override abort(reason: Error): void {
    this.#own.abort(reason)
    super.abort(reason)
  }
}
// #endregion

