import type { Scenarios, Stage } from '@rpc-steps/course'
import { Peer } from './src/index.ts'
import type { Handler, PeerOptions } from './src/index.ts'

/** A client, and a server whose handlers ask for their signal late. */
function ends(stage: Stage, more: PeerOptions = {}, asked?: Handler) {
  const handler: Handler = async ({ id, method }, context) => {
    if (id === undefined) return
    await stage.happens('server', `prepares ${method}`)
    await stage.works(method, context.signal)
    return method
  }
  const server = stage.end('server', (stream, options) => new Peer(stream, { ...options, ...more, handler }))
  const client = stage.end('client', (stream, options) => new Peer(stream, { ...options, ...more, ...(asked && { handler: asked }) }))
  const call = (name: string, signal?: AbortSignal) => {
    stage.call(name, () => client.call(name, [], { signal }), signal && { signal })
  }
  return { client, server, call }
}

export default [
  {
    name: 'two calls, of which one is given up',
    halves: true,
    play(stage) {
      const { call } = ends(stage)
      call('a', stage.signal('gives a up'))
      call('b')
    },
  },
  {
    name: 'a handler that calls back, and is called back',
    play(stage) {
      const server = stage.end('server', (stream, options) => {
        const handler: Handler = async ({ method }, context) => {
          await stage.works(method)
          return method === 'a' ? context.call('back') : method
        }
        return new Peer(stream, { ...options, handler })
      })
      const client = stage.end('client', (stream, options) => {
        return new Peer(stream, { ...options, handler: (_, context) => context.call('b') })
      })
      stage.call('a', () => client.call('a'), { result: 'b' })
      stage.nothing('handlers', () => server.stats.handling)
    },
  },
  {
    name: 'calls, and a connection that closes or is lost',
    play(stage) {
      const { call } = ends(stage)
      call('a')
      call('b')
      stage.mayClose('client')
      stage.mayClose('server')
      stage.mayCut('client')
    },
  },
  {
    name: 'a notification, and a connection that closes or is lost',
    play(stage) {
      const { client, call } = ends(stage)
      call('a')
      void stage.happens('client', 'says something').then(() => void client.notify('something'))
      stage.mayClose('server')
      stage.mayCut('client')
    },
  },
  {
    name: 'requests that wait, because the answers are not read',
    tight: true,
    play(stage) {
      const { call } = ends(stage, { highWater: 0, window: 2 })
      for (const name of ['a', 'b', 'c']) call(name)
      stage.mayClose('server')
    },
  },
] satisfies Scenarios
