// #region erlang
/**
 * The mean time that a request waits for one of `workers`, in milliseconds, if requests come by chance
 * (Poisson), take by chance (exponential, `serviceMs` in the mean), and wait for as long as it takes.
 * Infinity if more comes than can be done. A. K. Erlang, 1917; as in L. Kleinrock, "Queueing Systems",
 * volume 1, section 3.5 (M/M/m), with the recursion of Erlang B, which does not overflow.
 */
export function erlangWait(workers: number, utilisation: number, serviceMs: number): number {
  if (utilisation >= 1) return Infinity
  const load = workers * utilisation
  let blocked = 1
  for (let n = 1; n <= workers; n++) blocked = (load * blocked) / (n + load * blocked)
  const waits = blocked / (1 - utilisation * (1 - blocked))
  return (waits * serviceMs) / (workers * (1 - utilisation))
}
// #endregion
