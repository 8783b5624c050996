import { recordTo } from '@rpc-steps/trace'
import type { Framing } from '@rpc-steps/wire'
import { addressText } from './address.ts'
import { commonOptions, readOptions } from './options.ts'
import type { Options, Values } from './options.ts'

const framings: readonly Framing[] = ['auto', 'content-length', 'newline']
const common = commonOptions(framings, 'auto', 0)

/**
 * The command line of a server: the options that all have and those of this one. Starts the
 * recording if `--trace` asks for it. Throws UsageError.
 */
export function serverOptions<O extends Options>(
  own: O = {} as O,
): Values<typeof common> & Values<O> {
  const values = readOptions<typeof common & O>('server.ts [options]', { ...common, ...own })
  const { trace }: Values<typeof common> = values
  if (trace !== undefined) recordTo(trace, 'server')
  return values
}

/** Says on stdout where the server listens, as programs that start a server expect it. */
export function announce(address: { host: string; port: number }): void {
  console.log(`listening on ${addressText(address)}`)
}

/**
 * Waits until somebody asks the process to end. Asked a second time, it ends at once. Call it
 * before `announce`: whoever reads that line may ask at once.
 */
export function stopSignal(): Promise<NodeJS.Signals> {
  const signals = ['SIGINT', 'SIGTERM'] as const
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals) => {
      // With nobody left to handle it, either signal has its usual effect.
      for (const name of signals) process.off(name, stop)
      resolve(signal)
    }
    for (const name of signals) process.on(name, stop)
  })
}
