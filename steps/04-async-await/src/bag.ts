/** Names a value of type T. Two keys are never the same, whatever they are called. */
export class Key<T> {
  readonly name: string
  /** Never there: it carries the type. */
  declare readonly type: T

  constructor(name: string) {
    this.name = name
  }
}

/** Values by typed keys: what one filter leaves for another. */
export class Bag {
  readonly #outer: Bag | undefined
  #values: Map<Key<unknown>, unknown> | undefined

  /** What is not found here is looked for in `outer`. */
  constructor(outer?: Bag) {
    this.#outer = outer
  }

  /** The value under this key, here or in the bag around. */
  get<T>(key: Key<T>): T | undefined {
    if (this.#values?.has(key)) return this.#values.get(key) as T
    return this.#outer?.get(key)
  }

  /** Keeps a value under this key, here. */
  set<T>(key: Key<T>, value: T): void {
    this.#values ??= new Map()
    this.#values.set(key, value)
  }
}
