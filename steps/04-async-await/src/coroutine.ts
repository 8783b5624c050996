// #region coroutine
/**
 * What `async` and `await` do, written with a generator: the function is put aside at `yield`,
 * and resumed from the promise's callback. ECMA-262, section 27.7.5.3 (Await).
 */
export function async<A extends unknown[], R>(
  body: (...args: A) => Generator<unknown, R, never>,
): (...args: A) => Promise<R> {
  return (...args) =>
    new Promise((resolve, reject) => {
      const paused = body(...args)
      const resume = (step: () => IteratorResult<unknown, R>) => {
        try {
          const { done, value } = step()
          if (done === true) resolve(value)
          else Promise.resolve(value).then(next, fail)
        } catch (error) {
          reject(error)
        }
      }
      const next = (value: unknown) => resume(() => paused.next(value as never))
      const fail = (error: unknown) => resume(() => paused.throw(error))
      next(undefined)
    })
}
// #endregion
