import { Peer } from '@rpc-steps/async-await'
import type { EndOptions, Scenarios, Stage } from '@rpc-steps/course'
import { cancels, deadlined } from './src/index.ts'

/** A client, and a server whose handlers do not listen: what they answer in the end may be late. */
function ends(stage: Stage, more: { highWater?: number; window?: number } = {}) {
  const options = (given: EndOptions) => ({ ...given, ...more, extensions: [cancels] })
  const handler = deadlined(async ({ method }, { signal }) => {
    await stage.works(method, signal)
    return method
  }, stage.clocks.server)
  const server = stage.end('server', (stream, given) => new Peer(stream, { ...options(given), handler }))
  const client = stage.end('client', (stream, given) => new Peer(stream, options(given)))
  for (const peer of [client, server]) stage.nothing('requests that can be ended', () => cancels(peer).size)
  const call = (name: string, expected: { within?: number; signal?: AbortSignal } = {}) => {
    const { within = Infinity, signal } = expected
    stage.call(name, () => deadlined(client.call, within, stage.clocks.client)(name, [], { signal }), expected)
  }
  return { client, server, call }
}

export default [
  {
    name: 'a deadline, a cancel, and a call beside them',
    play(stage) {
      const { call } = ends(stage)
      call('a', { within: 10 })
      call('b', { signal: stage.signal('gives b up') })
      call('c')
    },
  },
  {
    name: 'calls that share a signal, and an end that closes',
    halves: true,
    play(stage) {
      const { call } = ends(stage)
      const signal = stage.signal('stops')
      call('a', { within: 10, signal })
      call('b', { within: 20, signal })
      call('c', { signal })
      stage.mayClose('server')
      stage.mayCut('client')
    },
  },
  {
    name: 'requests that wait, because the answers are not read',
    tight: true,
    play(stage) {
      const { call } = ends(stage, { highWater: 0 })
      call('a')
      call('b', { within: 10, signal: stage.signal('gives b up') })
      stage.mayClose('client')
    },
  },
  {
    name: 'a call that waits for its turn to be sent',
    play(stage) {
      const { call } = ends(stage, { window: 1 })
      call('a', { within: 10 })
      call('b', { within: 20 })
    },
  },
] satisfies Scenarios
