import type { Json } from '@rpc-steps/async-await'
import { check } from './schema.ts'
import type { Schema } from './schema.ts'

/**
 * The same items, as the schema understands them, each checked when it is taken. At the first that is wrong the reading
 * ends, as with `break`, and `refuse` makes the error; `at` counts from 1.
 */
export function checkedItems<T>(
  items: AsyncIterator<Json, unknown>,
  schema: Schema<T>,
  refuse: (wrong: string, at: number) => Error,
): AsyncIterableIterator<T, undefined> {
  let at = 0
  const end = async () => {
    await items.return?.()
    return { value: undefined, done: true } as const
  }
  return {
    async next() {
      const item = await items.next()
      if (item.done) return { value: undefined, done: true }
      at++
      const { value, wrong } = check(schema, item.value)
      if (wrong === undefined) return { value, done: false }
      const error = refuse(wrong, at)
      await end()
      throw error
    },
    // Not a generator: that would keep whoever wants to stop waiting for the item that it waits for.
    return: end,
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
