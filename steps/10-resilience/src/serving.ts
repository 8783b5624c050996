import { principalOf, serve } from '@rpc-steps/security'
import type { Additions, SecureServer, ServeOptions } from '@rpc-steps/security'
import { Drainer } from './draining.ts'
import { idempotent } from './idempotent.ts'

/**
 * The server of a command line: that of step 09, which runs once what comes twice, and sends its clients elsewhere
 * before it ends.
 */
export function serveResiliently(options: ServeOptions, { around = (handler) => handler, ...additions }: Pick<Additions, 'around' | 'inner' | 'doors'> = {}): Promise<SecureServer> {
  const drainer = new Drainer()
  return serve(options, {
    ...additions,
    // A key is its owner's: nobody else is given the answer by guessing it.
    around: (handler) => idempotent(around(handler), { scope: (context) => principalOf(context)?.name ?? '' }),
    extensions: [drainer.extension],
    closing() {
      drainer.begin()
      return drainer.gone()
    },
  })
}
