/** Five filters that do nothing, around a `Call` or a `Handler`: what is left is what a filter costs. */
export function five<A extends unknown[], R>(inner: (...args: A) => R): (...args: A) => R {
  let outer = inner
  for (let i = 0; i < 5; i++) {
    const next = outer
    outer = (...args) => next(...args)
  }
  return outer
}
