import { Key } from '@rpc-steps/async-await'
import type { RequestContext } from '@rpc-steps/async-await'
import { principalOf, serve } from '@rpc-steps/security'
import type { Additions, SecureServer, ServeOptions } from '@rpc-steps/security'
import { Drainer } from './draining.ts'
import { idempotent } from './idempotent.ts'

/** On a request: how often it has been tried, by somebody who keeps it and tries again what has failed. */
export const attempt = new Key<number>('attempt')

/** A key is its owner's: nobody else is given the answer by guessing it. And a further try is there because the one before came to nothing. */
export function scopeOf(context: Pick<RequestContext, 'get'>): string {
  return JSON.stringify([principalOf(context)?.name, context.get(attempt)])
}

/**
 * The server of a command line: that of step 09, which runs once what comes twice, and sends its clients elsewhere
 * before it ends.
 */
export function serveResiliently(options: ServeOptions, { around = (queue) => queue, ...additions }: Pick<Additions, 'outside' | 'around' | 'inner' | 'doors'> = {}): Promise<SecureServer> {
  const drainer = new Drainer()
  return serve(options, {
    ...additions,
    around: (queue) => idempotent(around(queue), { scope: scopeOf }),
    extensions: [drainer.extension],
    closing() {
      drainer.begin()
      return drainer.gone()
    },
  })
}
