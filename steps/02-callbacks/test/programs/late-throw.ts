import { announce, main, serverOptions } from '@rpc-steps/cli'
import { listen, answer } from '../../src/index.ts'
import type { Handler } from '../../src/index.ts'

// #region late-throw
/** A handler with a bug: it throws when the `try` in `listen` is long gone. */
const handler: Handler = (request, respond) => {
  if (request.method !== 'explode') return answer(request, respond)
  setTimeout(() => {
    throw new Error('thrown in a callback')
  }, 10)
}
// #endregion

await main(() => {
  listen(handler, serverOptions(), (error, server) => {
    if (error) return void main(() => Promise.reject(error))
    announce(server)
  })
})
