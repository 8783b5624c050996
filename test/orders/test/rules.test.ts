import { RpcError } from '@rpc-steps/async-await'
import type { Handler } from '@rpc-steps/async-await'
import type { Scenario, Stage } from '@rpc-steps/course'
import { describe, expect, it } from 'vitest'
import { find } from '../src/find.ts'
import { ends } from './ends.ts'

const work = (stage: Stage): Handler => async ({ method }) => {
  await stage.works(method)
  return method
}

/** A scenario for each rule that breaks it, and no other. */
const wrong: Record<string, Scenario['play']> = {
  'the right result': (stage) => {
    const { client } = ends(stage, () => 'z')
    stage.call('a', () => client.call('a'))
  },
  'an outcome for each call': (stage) => {
    ends(stage)
    stage.call('a', () => new Promise(() => {}))
  },
  'an outcome that may be': (stage) => {
    const { client } = ends(stage, () => Promise.reject(new RpcError(7, 'no')))
    stage.call('a', () => client.call('a'))
  },
  'nothing to complain about': (stage) => {
    const { client } = ends(stage, () => Promise.reject(new TypeError('oh')))
    stage.call('a', () => client.call('a'), { codes: [-32603] })
  },
  'nothing is thrown': (stage) => {
    ends(stage)
    stage.may('server', 'falls over', () => {
      throw new Error('oh')
    })
  },
  'every error has an owner': (stage) => {
    ends(stage)
    void stage.happens('client', 'forgets to catch').then(() => void Promise.reject(new Error('oh')))
  },
  'it comes to rest': (stage) => {
    ends(stage)
    void (async () => {
      for (;;) await stage.happens('client', 'goes on')
    })()
  },
  'it ends': (stage) => {
    const { client } = ends(stage)
    client.close = () => Promise.resolve()
  },
  'nothing is left': (stage) => {
    ends(stage)
    let left = 0
    stage.nothing('what was forgotten', () => left)
    void stage.happens('client', 'forgets').then(() => left++)
  },
  'my own rule': (stage) => {
    ends(stage)
    let early = true
    stage.always('my own rule', () => (early ? undefined : 'too late'))
    stage.may('client', 'is late', () => (early = false))
  },
  'no timer without a call': (stage) => {
    ends(stage)
    void stage.happens('client', 'sets a timer').then(() => stage.clocks.client.after(10, () => {}))
  },
  'no listener for each call': (stage) => {
    const { client } = ends(stage, work(stage))
    const signal = stage.signal('stops')
    for (const name of ['a', 'b', 'c']) {
      stage.call(name, () => (signal.addEventListener('abort', () => {}), client.call(name)), { signal })
    }
  },
  'no more time than there is': (stage) => {
    const { client } = ends(stage)
    stage.call('a', () => client.call('a', [], { extras: () => ({ meta: { timeoutMs: 11 } }) }), { within: 10 })
  },
  'run once': (stage) => {
    const { client } = ends(stage, (request, context) => {
      void stage.works(request.method)
      return work(stage)(request, context)
    })
    stage.call('a', () => client.call('a'))
  },
  'the cancelled has no result': (stage) => {
    const { client } = ends(stage, (request, context) => {
      void stage.happens('client', 'cancels a').then(() => void client.notify('$/cancelRequest', { id: 1 }))
      return work(stage)(request, context)
    })
    stage.call('a', () => client.call('a'))
  },
  'the cancelled is not run': (stage) => {
    const { client } = ends(stage, work(stage))
    stage.call('a', () => client.call('a'))
    stage.may('client', 'cancels a', () => void client.notify('$/cancelRequest', { id: 1 }))
  },
  'who works for nobody is told': (stage) => {
    const deaf = new AbortController().signal
    const { client } = ends(stage, async ({ method }) => {
      await stage.works(method, deaf)
      return method
    })
    stage.call('a', () => client.call('a'))
    stage.mayCut('server')
  },
  'no more than was granted': (stage) => {
    const { client, server } = ends(stage, ({ id }) => {
      void server.notify('$/stream/down', { id: id as number, items: [1, 2] })
      return null
    })
    stage.call('a', () => client.call('a', [], { extras: () => ({ meta: { credit: 1 } }) }), { result: null })
  },
  'nothing after the end': (stage) => {
    const { client, server } = ends(stage, ({ id }) => {
      void stage.happens('server', 'sends more').then(() => void server.notify('$/stream/down', { id: id as number, items: [1] }))
      return null
    })
    stage.call('a', () => client.call('a', [], { extras: () => ({ meta: { credit: 1 } }) }), { result: null })
  },
}

const bound = { deviations: 3, orders: 1_000, random: 0, seed: 1 }

describe('each rule', () => {
  it.each(Object.keys(wrong))('%s', async (rule) => {
    const { found } = await find([{ name: rule, play: wrong[rule]! }], bound)
    expect(found?.played.broken?.rule).toBe(rule)
  })

  it('is kept by two ends that are right', async () => {
    const play = (stage: Stage) => {
      const { client } = ends(stage, work(stage))
      const signal = stage.signal('gives a up')
      stage.call('a', () => client.call('a', [], { signal }), { signal })
      stage.call('b', () => client.call('b'))
      stage.mayClose('server')
    }
    for (const kind of [{}, { tight: true as const }, { halves: true as const }]) {
      const { found, searches } = await find([{ name: 'right', ...kind, play }], bound)
      expect(found?.played.broken).toBeUndefined()
      expect(searches[0]!.tried).toBeGreaterThan(100)
    }
  })
})
