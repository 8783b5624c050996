const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Has something done when this process ends, by itself or by a signal, and until then nothing. A
 * signal then goes on to have its usual effect. Returns the function that takes it back.
 */
export function onLeaving(last: () => void): () => void {
  const takeBack = () => {
    process.off('exit', last)
    for (const signal of signals) process.off(signal, left)
  }
  const left = (signal: NodeJS.Signals) => {
    takeBack()
    last()
    // Others who listen decide for themselves.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  }
  process.on('exit', last)
  for (const signal of signals) process.on(signal, left)
  return takeBack
}
