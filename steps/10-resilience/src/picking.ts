// #region picker
/** One of the servers, as a picker sees it. */
export interface Backend {
  readonly name: string
  /** Calls that it has and has not answered, those of this balancer. */
  readonly inFlight: number
}

/** Says who is asked. */
export interface Picker {
  /** Takes one of these, of which there is one at least. */
  pick(backends: readonly Backend[]): Backend
  /** Hears once of each one that it has picked: how long that took, and whether an answer came. A call that was given up has none. */
  done?(backend: Backend, ms: number, ok: boolean): void
}
// #endregion

// #region pickers
/** In turn: whoever has not been picked for the longest time. */
export function roundRobin(): Picker {
  const picked = new WeakMap<Backend, number>()
  let turn = 0
  return {
    pick(backends) {
      const next = least(backends, (backend) => picked.get(backend) ?? 0)[0]!
      picked.set(next, ++turn)
      return next
    },
  }
}

/** Whoever has the fewest calls in flight; among those that have as few, any. */
export function leastLoaded(random = Math.random): Picker {
  return {
    pick(backends) {
      const idle = least(backends, ({ inFlight }) => inFlight)
      return idle[Math.floor(random() * idle.length)]!
    },
  }
}

/**
 * Of any two the one with fewer calls in flight. It is nearly as even as the least loaded of all, and clients
 * that know nothing of each other do not all run to the same one. M. Mitzenmacher, "The Power of Two Choices
 * in Randomized Load Balancing", 2001.
 */
export function powerOfTwo(random = Math.random): Picker {
  return {
    pick(backends) {
      const i = Math.floor(random() * backends.length)
      if (backends.length === 1) return backends[i]!
      const j = (i + 1 + Math.floor(random() * (backends.length - 1))) % backends.length
      const [one, other] = [backends[i]!, backends[j]!]
      return other.inFlight < one.inFlight ? other : one
    },
  }
}
// #endregion

function least<T>(items: readonly T[], of: (item: T) => number): T[] {
  const low = Math.min(...items.map(of))
  return items.filter((item) => of(item) === low)
}
