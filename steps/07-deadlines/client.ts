import { connect, systemClock } from '@rpc-steps/async-await'
import type { Call } from '@rpc-steps/async-await'
import { clientOptions, main, ownOptions, printSettled } from '@rpc-steps/cli'
import { gatherSettled } from '@rpc-steps/gather'
import { cancels, deadlined, exceeded } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const { calls, limit, priority, timeout = Infinity, tell, ...options } = clientOptions(ownOptions(step, 'client'))
  const told = tell === 'yes'
  const peer = await connect(options, { framing: options.framing, extensions: told ? [cancels] : [] })
  const call = told ? deadlined(peer.call, timeout) : impatient(peer.call, timeout)
  // Left out, nothing is said: that is not the same as the least.
  const extras = priority === undefined ? undefined : () => ({ meta: { priority } })
  const results = await gatherSettled(
    calls,
    ({ method, params }, signal) => call(method, params, { signal, extras }),
    { limit },
  )
  printSettled(calls, results)
  await peer.close()
})

/** Gives up as well, and tells nobody: what one has without deadlines. */
function impatient(call: Call, ms: number): Call {
  return (method, params, { signal, ...options } = {}) => {
    const late = new AbortController()
    const stop = systemClock.after(ms, () => late.abort(exceeded()))
    const either = AbortSignal.any([late.signal, ...(signal ? [signal] : [])])
    return call(method, params, { ...options, signal: either }).finally(stop)
  }
}
