import { Peer } from '@rpc-steps/async-await'
import type { Handler } from '@rpc-steps/async-await'
import type { EndOptions, Scenarios, Stage } from '@rpc-steps/course'
import { cancels, deadlined } from '@rpc-steps/deadlines'
import { codes } from '@rpc-steps/wire'
import { authenticated, authorised, bounded, principalOf } from './src/index.ts'
import type { Principal } from './src/index.ts'

const ada: Principal = { name: 'ada', by: 'token', until: Infinity }
const extras = (token: string) => () => ({ meta: { token } })

/** A client, and a server that takes its time with each token. */
function ends(stage: Stage, requests = 9) {
  let wrong: string | undefined
  stage.always('nothing is done for who is not known, or is known to have gone', () => wrong)
  const works: Handler = async ({ method }, context) => {
    if (principalOf(context)?.name !== 'ada') wrong = `${method} is run for somebody`
    if (context.signal.aborted) wrong = `${method} is run, and its caller has gone`
    await stage.works(method, context.signal)
    return method
  }
  const verify = async (token: string) => {
    await stage.happens('server', `knows ${token}`)
    return ada
  }
  const guarded = bounded(authenticated(authorised(deadlined(works, stage.clocks.server), () => [{ who: 'ada', methods: ['*'] }]), { verify }), { requests })
  const server = stage.end('server', (stream, options: EndOptions) => new Peer(stream, { ...options, extensions: [cancels], handler: guarded }))
  const client = stage.end('client', (stream, options: EndOptions) => new Peer(stream, { ...options, extensions: [cancels] }))
  for (const peer of [client, server]) stage.nothing('requests that can be ended', () => cancels(peer).size)
  return client
}

export default [
  {
    name: 'tokens that are looked at, while a cancel, a deadline or the end comes',
    play(stage) {
      const client = ends(stage)
      const signal = stage.signal('gives a up')
      stage.call('a', () => client.call('a', [], { extras: extras('the token of a'), signal }), { signal })
      const call = deadlined(client.call, 10, stage.clocks.client)
      stage.call('b', () => call('b', [], { extras: extras('the token of b') }), { within: 10 })
      stage.mayClose('server')
      stage.mayCut('client')
    },
  },
  {
    name: 'a connection that may have one request in flight, and three that come',
    play(stage) {
      const client = ends(stage, 1)
      for (const name of ['a', 'b', 'c']) {
        const signal = name === 'a' ? stage.signal('gives a up') : undefined
        const make = () => client.call(name, [], { extras: extras(`the token of ${name}`), ...(signal && { signal }) })
        stage.call(name, make, { ...(signal && { signal }), codes: [codes.resourceExhausted] })
      }
    },
  },
] satisfies Scenarios
