import { Peer } from '@rpc-steps/async-await'
import type { Handler } from '@rpc-steps/async-await'
import type { EndOptions, Scenarios, Side, Stage } from '@rpc-steps/course'
import { deadlined, inTime } from '@rpc-steps/deadlines'
import { queued } from '@rpc-steps/task-queue'
import { incoming, stream, streamed, streams, upload } from './src/index.ts'
import type { StreamHandler } from './src/index.ts'

const items = [1, 2, 3]

interface More {
  highWater?: number
  around?: (inner: Handler) => Handler
}

/** Both ends have streams, and each may be called. */
function ends(stage: Stage, handler: StreamHandler, { around = (inner: Handler) => inner, ...more }: More = {}) {
  const made = (side: Side) =>
    stage.end(side, (stream, options: EndOptions) => {
      const answers: Handler = deadlined(around(inTime(streamed(handler))), stage.clocks[side])
      return new Peer(stream, { ...options, ...more, extensions: [streams], handler: answers })
    })
  const [server, client] = [made('server'), made('client')]
  for (const peer of [client, server]) {
    stage.nothing('streams of calls', () => streams(peer).calls.size)
    stage.nothing('streams of requests', () => streams(peer).requests.size)
  }
  return { client, server }
}

/** Makes items, one after the other. */
function maker(stage: Stage, side: Side = 'server', count = 3) {
  let open = 0
  stage.nothing('generators that have not ended', () => open)
  return async function* () {
    open++
    try {
      for (let item = 1; item <= count; item++) {
        await stage.happens(side, `makes ${item}`)
        yield item
      }
    } finally {
      open--
    }
  }
}

/** Takes one item after the other, so many at most. */
async function taken(stage: Stage, from: AsyncIterable<unknown>, most = Infinity): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const item of from) {
    all.push(item)
    await stage.happens('client', `goes on after ${String(item)}`)
    if (all.length === most) break
  }
  return all
}

export default [
  {
    name: 'a stream to a slow reader, who may give it up',
    play(stage) {
      const { client } = ends(stage, maker(stage))
      const signal = stage.signal('gives it up')
      const call = deadlined(client.call, 10, stage.clocks.client)
      stage.call('a', () => taken(stage, stream(call, 'a', undefined, { credit: 2, signal })), { result: items, within: 10, signal })
    },
  },
  {
    name: 'a stream whose reader stops after the first item',
    play(stage) {
      const { client } = ends(stage, maker(stage, 'server', 5))
      stage.call('a', () => taken(stage, stream(client.call, 'a', undefined, { credit: 2 }), 1), { result: [1] })
    },
  },
  {
    name: 'a stream and a call, whose answers are not read for a while',
    tight: true,
    play(stage) {
      const made = maker(stage, 'server', 4)
      const handler: StreamHandler = ({ method }, { signal }) => {
        return method === 'a' ? made() : stage.works(method, signal).then(() => method)
      }
      const { client } = ends(stage, handler, { highWater: 0 })
      stage.call('b', () => client.call('b'))
      // Of three, two must be taken before there is credit again.
      stage.call('a', () => taken(stage, stream(client.call, 'a', undefined, { credit: 3 })), { result: [...items, 4] })
    },
  },
  {
    name: 'an upload, which may be given up, to a handler that takes its time',
    play(stage) {
      let cut: string | undefined
      const { client } = ends(stage, async (_, context) => {
        const got: unknown[] = []
        for await (const item of incoming(context)) {
          got.push(item)
          await stage.happens('server', `goes on after ${String(item)}`)
        }
        if (got.length < items.length) cut = `the handler takes ${got.join(' ') || 'nothing'} for all there is`
        return got.length
      })
      stage.always('what was cut off does not look whole', () => cut)
      const signal = stage.signal('gives it up')
      stage.call('a', () => upload(client.call, 'a', undefined, items, { signal }), { result: items.length, signal })
    },
  },
  {
    name: 'a stream that is lost, or whose server closes',
    play(stage) {
      const { client } = ends(stage, maker(stage))
      stage.call('a', () => taken(stage, stream(client.call, 'a', undefined, { credit: 2 })), { result: items })
      stage.mayClose('server')
      stage.mayCut('server')
    },
  },
  {
    name: 'an upload, and a stream that the server asks for under the same id',
    play(stage) {
      const made = maker(stage, 'client')
      const { client, server } = ends(stage, (request, context) => {
        if (request.method === 'back') return made()
        return (async () => {
          const got: unknown[] = []
          for await (const item of incoming(context)) got.push(item)
          return got as number[]
        })()
      })
      let wrong: string | undefined
      stage.always('each stream has its own items', () => wrong)
      void stage.happens('server', 'asks back').then(async () => {
        const got: unknown[] = []
        for await (const item of stream(server.call, 'back', undefined, { credit: 2 })) got.push(item)
        if (got.join() !== items.join()) wrong = `what the server asked for was ${got.join(' ')}`
      })
      stage.call('a', () => upload(client.call, 'a', undefined, [7, 8]), { result: [7, 8] })
    },
  },
  {
    name: 'a stream that waits in a queue, and is granted more by whoever has asked',
    play(stage) {
      const made = maker(stage)
      const handler: StreamHandler = ({ method }, { signal }) => {
        return method === 'b' ? made() : stage.works(method, signal).then(() => method)
      }
      const { client } = ends(stage, handler, { around: (inner) => queued(inner, { workers: 1 }) })
      stage.call('a', () => client.call('a'))
      const ask = async () => {
        const got: unknown[] = []
        client.onNotification('$/stream/down', (params) => void got.push(...(params as { items: unknown[] }).items))
        const sent = (_: Peer, id: number) => {
          void stage.happens('client', 'grants more').then(() => void client.notify('$/credit/down', { id, credit: 2 }))
        }
        await client.call('b', [], { extras: () => ({ meta: { credit: 1 } }), sent })
        return got
      }
      stage.call('b', ask, { result: items })
    },
  },
] satisfies Scenarios
