import { getEventListeners } from 'node:events'
import { connect, listen } from '@rpc-steps/async-await'
import type { Peer, Server } from '@rpc-steps/async-await'
import { pages } from '@rpc-steps/service'
import * as fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { fetchAll, fetchInSequence, fetchSettled, gather, gatherSettled } from '../src/index.ts'

/** Tasks that end when the test says so, and what has become of them. */
class Stage {
  readonly started: number[] = []
  readonly aborted: number[] = []
  readonly #ends = new Map<number, (end: () => void) => void>()
  readonly task = async (item: number, signal: AbortSignal): Promise<string> => {
    this.started.push(item)
    await new Promise<void>((resolve, reject) => {
      this.#ends.set(item, (end) => {
        try {
          end()
          resolve()
        } catch (error) {
          reject(error)
        }
      })
      signal.addEventListener('abort', () => {
        if (this.#ends.has(item)) this.aborted.push(item)
        reject(signal.reason)
      })
    })
    return `result ${item}`
  }
  finish(item: number): Promise<void> {
    return this.#end(item, () => {})
  }
  fail(item: number, error: Error): Promise<void> {
    return this.#end(item, () => {
      throw error
    })
  }
  #end(item: number, how: () => void): Promise<void> {
    this.#ends.get(item)!(how)
    this.#ends.delete(item)
    return turn()
  }
}

/** Lets every promise that can settle do so. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('over a connection', () => {
  let server: Server
  let peer: Peer
  afterEach(async () => {
    await peer.close()
    await server.close()
  })

  /** A server that notes the order of events and answers `fetch` when all of them have come. */
  async function start(expected: number): Promise<string[]> {
    const events: string[] = []
    const waiting: (() => void)[] = []
    server = await listen(
      async ({ params }) => {
        const { url } = params as { url: string }
        events.push(`asked ${url}`)
        await new Promise<void>((resolve) => {
          waiting.push(resolve)
          // The last to come is answered first: replies must find their calls by id.
          if (waiting.length >= expected) for (const go of waiting.reverse()) go()
        })
        events.push(`answered ${url}`)
        if (url === '/lost') throw new Error('no such page')
        return `page ${url}`
      },
      { host: '127.0.0.1', port: 0 },
      { grace: 500, log: () => {} },
    )
    peer = await connect(server)
    return events
  }

  const urls = Object.keys(pages)

  test('the five fetches: all are asked before any is answered', async () => {
    const events = await start(urls.length)
    expect(await fetchAll(peer.call, urls)).toEqual(urls.map((url) => `page ${url}`))
    expect(events.slice(0, 5)).toEqual(urls.map((url) => `asked ${url}`))
  })

  test('in sequence, each is asked when the one before it was answered', async () => {
    const events = await start(1)
    await fetchInSequence(peer.call, urls)
    expect(events).toEqual(urls.flatMap((url) => [`asked ${url}`, `answered ${url}`]))
  })

  test('with a limit, never more calls are in flight, and one that is slow holds up none but itself', async () => {
    const [slow, ...others] = urls
    let inFlight = 0
    let most = 0
    const ended: string[] = []
    let finish = () => {}
    server = await listen(
      async ({ params }) => {
        const { url } = params as { url: string }
        most = Math.max(most, ++inFlight)
        await new Promise<void>((resolve) => {
          if (url === slow) finish = resolve
          else setTimeout(resolve, 10)
        })
        ended.push(url)
        if (ended.length === others.length) finish()
        inFlight--
        return `page ${url}`
      },
      { host: '127.0.0.1', port: 0 },
      { grace: 500, log: () => {} },
    )
    peer = await connect(server)
    const inVain = setTimeout(() => finish(), 500)
    const pages = await gather(urls, (url, signal) => peer.call('fetch', { url }, { signal }), { limit: 2 })
    clearTimeout(inVain)
    expect(pages).toEqual(urls.map((url) => `page ${url}`))
    expect(most, 'most that were in flight').toBe(2)
    expect(ended.at(-1), 'the last that ended').toBe(slow)
  })

  test('settled: one lost page leaves the others', async () => {
    await start(3)
    const results = await fetchSettled(peer.call, ['/home', '/lost', '/news'])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  test('when one page fails, the others are not waited for', async () => {
    const waiting: (() => void)[] = []
    const finish = () => waiting.forEach((go) => go())
    server = await listen(
      async ({ params }) => {
        const { url } = params as { url: string }
        if (url === '/lost') throw new Error('no such page')
        await new Promise<void>((resolve) => waiting.push(resolve))
        return `page ${url}`
      },
      { host: '127.0.0.1', port: 0 },
      { grace: 500, log: () => {} },
    )
    peer = await connect(server)
    const inVain = setTimeout(finish, 500)
    const waitedFor: string[] = []
    const all = gather(['/home', '/lost', '/news'], async (url, signal) => {
      await peer.call('fetch', { url }, { signal })
      waitedFor.push(url)
    })
    await expect(all).rejects.toThrow()
    clearTimeout(inVain)
    expect(waitedFor).toEqual([])
    finish()
  })

  test('the first error aborts the calls in flight; none is left', async () => {
    await start(2)
    const all = gather(['/lost', '/home', '/news'], (url, signal) =>
      peer.call('fetch', { url }, { signal }),
    )
    await expect(all).rejects.toThrow()
    expect(peer.stats.pending).toBe(0)
  })

  test('what the first error ends is our waiting: the server works on to the end', async () => {
    let finish = () => {}
    const ended: string[] = []
    server = await listen(
      async ({ params }, { signal }) => {
        const { url } = params as { url: string }
        if (url === '/lost') throw new Error('no such page')
        await new Promise<void>((resolve) => (finish = resolve))
        ended.push(signal.aborted ? 'told' : url)
        return `page ${url}`
      },
      { host: '127.0.0.1', port: 0 },
      { log: () => {} },
    )
    peer = await connect(server)
    const all = gather(['/home', '/lost'], (url, signal) => peer.call('fetch', { url }, { signal }))
    await expect(all).rejects.toThrow()
    expect(ended).toEqual([])
    finish()
    await expect.poll(() => peer.stats.unknownReplies).toBe(1)
    expect(ended).toEqual(['/home'])
  })
})

describe('gather', () => {
  test('starts all at once; results are in the order of the items, not of their ends', async () => {
    const stage = new Stage()
    const all = gather([1, 2, 3], stage.task)
    expect(stage.started).toEqual([1, 2, 3])
    for (const item of [3, 1, 2]) await stage.finish(item)
    expect(await all).toEqual(['result 1', 'result 2', 'result 3'])
  })

  test('with a limit, starts the next when one has ended', async () => {
    const stage = new Stage()
    const all = gather([1, 2, 3, 4], stage.task, { limit: 2 })
    expect(stage.started).toEqual([1, 2])
    await stage.finish(2)
    expect(stage.started).toEqual([1, 2, 3])
    await stage.finish(1)
    await stage.finish(4)
    await stage.finish(3)
    expect(await all).toEqual([1, 2, 3, 4].map((n) => `result ${n}`))
  })

  test('the first error aborts the rest, starts no more, and is the one that is thrown', async () => {
    const stage = new Stage()
    const all = gather([1, 2, 3, 4], stage.task, { limit: 3 })
    all.catch(() => {})
    await stage.fail(2, new Error('first'))
    expect(stage.aborted).toEqual([1, 3])
    expect(stage.started).toEqual([1, 2, 3])
    await expect(all).rejects.toThrow('first')
  })

  test('starts no more after the first error, though one that ignores the signal goes on and ends well', async () => {
    const started: number[] = []
    let release = () => {}
    const stubborn = new Promise<void>((resolve) => (release = resolve))
    const task = (item: number) => {
      started.push(item)
      return item === 0 ? stubborn : Promise.reject(new Error('no'))
    }
    const all = gather([0, 1, 2, 3], task, { limit: 2 })
    all.catch(() => {})
    await turn()
    release()
    await expect(all).rejects.toThrow('no')
    expect(started).toEqual([0, 1])
  })

  test('rejects only when the tasks that ignore the signal have ended, too', async () => {
    let release = () => {}
    const stubborn = new Promise<void>((resolve) => (release = resolve))
    let settled = false
    const all = gather([0, 1], (item) => (item === 0 ? stubborn : Promise.reject(new Error('no'))))
    all.catch(() => (settled = true))
    await turn()
    expect(settled).toBe(false)
    release()
    await expect(all).rejects.toThrow('no')
  })

  test("the caller's signal ends it all, and is let go of afterwards", async () => {
    const stage = new Stage()
    const controller = new AbortController()
    const all = gather([1, 2], stage.task, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(all).rejects.toThrow('enough')
    expect(stage.aborted).toEqual([1, 2])
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    await expect(gather([1], stage.task, { signal: controller.signal })).rejects.toThrow('enough')
    expect(stage.started).toEqual([1, 2])
  })

  test('nothing to do is done at once; a limit below one is an error', async () => {
    expect(await gather([], () => Promise.reject(new Error('never runs')))).toEqual([])
    await expect(gather([1], () => Promise.resolve(), { limit: 0 })).rejects.toThrow(RangeError)
    await expect(gather([1], () => Promise.resolve(), { limit: NaN })).rejects.toThrow(RangeError)
  })

  test('whatever ends first: never over the limit, every result in its place', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.nat(), { maxLength: 30 }),
        fc.integer({ min: 1, max: 8 }),
        async (scheduler, items, limit) => {
          let inFlight = 0
          let most = 0
          const all = gather(
            items,
            async (item) => {
              most = Math.max(most, ++inFlight)
              await scheduler.schedule(Promise.resolve())
              inFlight--
              return item
            },
            { limit },
          )
          const results = await scheduler.waitFor(all)
          expect(results).toEqual(items)
          expect(most).toBe(Math.min(limit, items.length))
        },
      ),
    )
  })
})

test('gatherSettled keeps the errors as results, in order', async () => {
  const results = await gatherSettled([1, 2, 3], (n) =>
    n === 2 ? Promise.reject(new Error('two')) : Promise.resolve(n),
  )
  expect(results).toMatchObject([
    { status: 'fulfilled', value: 1 },
    { status: 'rejected', reason: { message: 'two' } },
    { status: 'fulfilled', value: 3 },
  ])
})
