import type { Scenario, Side } from '@rpc-steps/course'
import { expect, test } from 'vitest'
import { Past } from '../src/past.ts'
import { play } from '../src/play.ts'
import type { Played } from '../src/play.ts'
import { ends } from './ends.ts'

const scenario: Scenario = {
  name: 'two calls, one of which may be given up, and a connection that closes or is lost',
  play(stage) {
    const { client } = ends(stage, async ({ method }) => {
      await stage.works(method)
      return method
    })
    const signal = stage.signal('gives a up')
    stage.call('a', () => client.call('a', [], { signal }), { signal })
    stage.call('b', () => client.call('b'))
    stage.mayClose('server')
    stage.mayCut('client')
  },
}

/** What one end has seen and said. That nobody is there any more to hear of its end it does not know. */
function seen({ rows }: Played, side: Side): string {
  return rows
    .flatMap(({ notes, messages }) => {
      const own = messages.filter(({ to, came, name }) => came === (to === side) && (came || !['lost', 'no more'].includes(name)))
      return [...notes[side], ...own.map(({ name }) => name)]
    })
    .join('; ')
}

/** Plays all orders with up to two deviations. Returns how many those were, and what the two ends have seen. */
async function all(compare: boolean): Promise<{ tried: number; histories: string[] }> {
  const [known, histories, pasts] = [new Set<string>(), new Set<string>(), new Past()]
  let tried = 0
  for (let level: number[][] = [[]], deviations = 0; deviations <= 2; deviations++) {
    const next: number[][] = []
    for (const prefix of level) {
      const made: number[] = []
      const choose = (moment: number, count: number, state: () => string) => {
        if (moment >= prefix.length) {
          const now = state()
          if (compare && known.has(now)) return undefined
          known.add(now)
          for (let other = 1; other < count; other++) next.push([...made, other])
        }
        made.push(prefix[moment] ?? 0)
        return made.at(-1)
      }
      const played = await play(scenario, [], choose, pasts)
      expect(played.broken).toBeUndefined()
      tried++
      if (!played.known) histories.add(`${seen(played, 'client')} | ${seen(played, 'server')}`)
    }
    level = next
  }
  return { tried, histories: [...histories].sort() }
}

test('not to go on from a known state loses nothing that either end could see', async () => {
  const [some, every] = [await all(true), await all(false)]
  expect(some.histories).toEqual(every.histories)
  expect(some.tried).toBeLessThan(0.9 * every.tried)
})
