import { systemClock } from '@rpc-steps/async-await'
import type { Clock, Handler } from '@rpc-steps/async-await'
import { codes, RpcError } from '@rpc-steps/wire'
import { visitor } from './admission.ts'
import type { Audit } from './audit.ts'
import { Bucket } from './bucket.ts'
import { ruleFor } from './policy.ts'
import type { Policy, Rule } from './policy.ts'
import { principalOf, unauthenticated } from './principal.ts'

/** Buckets that are kept; beyond, those that are full are dropped, for they are like new ones. */
const most = 10_000

// #region authorised
/**
 * Lets through what a policy allows, and nothing else: -32001 for somebody of whom nothing is known, -32003 for
 * all others, and -32029 to who asks too often. Whether a method exists is not said to who may not call it.
 * `policy` is asked for each request, so it can be another one tomorrow.
 */
export function authorised(
  handler: Handler,
  policy: () => Policy,
  { audit, clock = systemClock }: { audit?: Audit | undefined; clock?: Clock } = {},
): Handler {
  const rates = new Rates(clock)
  return (request, context) => {
    const name = principalOf(context)?.name
    const rule = ruleFor(policy(), name, request.method)
    const refuse = (error: RpcError, status: string, why: string) => {
      audit?.refused(status, { context, request, why })
      return error
    }
    if (!rule) {
      if (name === undefined) throw refuse(unauthenticated(), 'UNAUTHENTICATED', 'nobody has said who they are')
      const denied = new RpcError(codes.permissionDenied, 'Permission denied', { status: 'PERMISSION_DENIED' })
      throw refuse(denied, 'PERMISSION_DENIED', 'no rule allows it')
    }
    const retryAfterMs = rates.take(rule, name ?? context.get(visitor)?.address ?? '')
    if (retryAfterMs > 0) {
      const data = { status: 'RESOURCE_EXHAUSTED', retryAfterMs }
      throw refuse(new RpcError(codes.resourceExhausted, 'Too many requests', data), 'RESOURCE_EXHAUSTED', 'too often')
    }
    return handler(request, context)
  }
}
// #endregion

/** How often each has called of late, by each rule: whoever may call by two rules has a bucket for either. */
class Rates {
  readonly #clock: Clock
  #buckets = new Map<Rule, Map<string, Bucket>>()
  #count = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  take(rule: Rule, name: string): number {
    const { perSecond } = rule
    if (perSecond === undefined) return 0
    const { burst = Math.max(1, perSecond) } = rule
    const now = this.#clock.now()
    const bucket = this.#buckets.get(rule)?.get(name) ?? this.#add(rule, name, new Bucket(perSecond, burst, now), now)
    return bucket.take(now)
  }

  #add(rule: Rule, name: string, bucket: Bucket, now: number): Bucket {
    if (this.#count >= most) this.#dropFull(now)
    let buckets = this.#buckets.get(rule)
    if (!buckets) this.#buckets.set(rule, (buckets = new Map<string, Bucket>()))
    buckets.set(name, bucket)
    this.#count++
    return bucket
  }

  #dropFull(now: number): void {
    this.#count = 0
    for (const [rule, buckets] of this.#buckets) {
      for (const [name, bucket] of buckets) if (bucket.isFull(now)) buckets.delete(name)
      if (buckets.size === 0) this.#buckets.delete(rule)
      this.#count += buckets.size
    }
  }
}
