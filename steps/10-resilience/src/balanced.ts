import { systemClock } from '@rpc-steps/async-await'
import type { Call, Clock } from '@rpc-steps/async-await'
import { verdictOf } from './status.ts'
import type { Verdict } from './status.ts'
import { Outliers } from './outliers.ts'
import type { OutlierOptions } from './outliers.ts'
import { powerOfTwo } from './picking.ts'
import type { Backend, Picker } from './picking.ts'
import type { TryOptions } from './tries.ts'

/** A server that calls are spread over. */
export interface Target {
  readonly name: string
  readonly call: Call
  /** False while it is known that a call could not leave. Left out, it always can. */
  readonly up?: boolean
}

/** Who is asked, and who is not for a while. */
export interface BalanceOptions extends OutlierOptions {
  /** Default `powerOfTwo`. */
  picker?: Picker
  /** What an error says of the server. Default by its status. */
  verdict?: (error: unknown) => Verdict
  clock?: Clock
}

/** How one server stands. */
export interface BackendState extends Backend {
  /** Calls that it was given, in all. */
  readonly picked: number
  /** It is passed over for a while, because it has failed. */
  readonly ejected: boolean
}

/** A call that is spread over servers. */
export interface Balanced extends Call {
  readonly backends: readonly BackendState[]
}

class Place implements BackendState {
  readonly target: Target
  readonly outliers: Outliers
  inFlight = 0
  picked = 0

  constructor(target: Target, outliers: Outliers) {
    this.target = target
    this.outliers = outliers
  }

  get name(): string {
    return this.target.name
  }
  get ejected(): boolean {
    return this.outliers.has(this)
  }
}

// #region balanced
/**
 * Spreads calls over servers. It passes over those that are not up, those that are ejected because they
 * have failed, and those that had an earlier try of the same call; of each rule it forgets what would leave
 * nobody. Throws RangeError.
 */
export function balanced(targets: readonly Target[], options: BalanceOptions = {}): Balanced {
  if (targets.length === 0) throw new RangeError('there must be one server at least to spread calls over')
  const { picker = powerOfTwo(options.random), verdict = verdictOf, clock = systemClock } = options
  const outliers = new Outliers(targets.length, options)
  const places = targets.map((target) => new Place(target, outliers))

  function pick(asked?: ReadonlySet<unknown>): Place {
    let some = preferring(places, ({ target }) => target.up !== false)
    some = preferring(some, (place) => !place.ejected)
    if (asked) some = preferring(some, (place) => !asked.has(place))
    return picker.pick(some) as Place
  }

  const call: Call = async (method, params, given: TryOptions = {}) => {
    const asked = given.tries?.asked
    const place = pick(asked)
    asked?.add(place)
    place.inFlight++
    place.picked++
    const since = clock.now()
    const done = (verdict: Verdict) => {
      place.inFlight--
      outliers.add(place, verdict)
      picker.done?.(place, clock.now() - since, verdict === 'works')
    }
    try {
      const answer = await place.target.call(method, params, given)
      done('works')
      return answer
    } catch (error) {
      done(verdict(error))
      throw error
    }
  }
  return Object.assign(call, { backends: places })
}

/** Those for which it is so, or all, if it is so for none. */
function preferring<T>(items: readonly T[], is: (item: T) => boolean): readonly T[] {
  const some = items.filter(is)
  return some.length > 0 ? some : items
}
// #endregion
