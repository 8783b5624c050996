import { describe, expect, it } from 'vitest'
import type { Scenario } from '@rpc-steps/course'
import { find } from '../src/find.ts'
import { replay, wordOf } from '../src/order.ts'
import { mulberry32 } from '@rpc-steps/sockets/random'
import { Search } from '../src/search.ts'
import { ends } from './ends.ts'

/** Wrong when the third call is made before the others, which takes one deviation. */
const third: Scenario = {
  name: 'three calls',
  play(stage) {
    const { client } = ends(stage)
    const made: string[] = []
    for (const name of ['a', 'b', 'c']) {
      stage.call(name, () => (made.push(name), client.call(name)))
    }
    stage.always('c is not the first', () => (made[0] === 'c' ? 'it is' : undefined))
  },
}
const bound = { deviations: 3, orders: 4_000, random: 0, seed: 1 }

describe('what is wrong', () => {
  it('is found with the fewest deviations, and made shorter', async () => {
    const { found } = await find([third], bound)
    expect(found?.played.rows.map(({ notes }) => notes.client)).toEqual([['calls c']])
    expect(found?.without).toEqual(['a', 'b'])
  })

  it('is found by chance as well, and is then as short', async () => {
    const { found } = await find([third], { ...bound, deviations: 0, random: 100 })
    expect(found?.played.rows).toHaveLength(1)
  })

  it('is played again by its word', async () => {
    const search = new Search(third, 1_000)
    await search.deviate()
    const played = (await search.deviate())!
    const found = { scenario: 0, without: [], played }
    expect(wordOf(found)).toBe('1:2')
    expect(await replay([third], '1:2')).toEqual(found)
  })

  it.each(['', 'x', '2:0', '1:', '1:00000z', '0:1'])('%j is no order', async (word) => {
    await expect(replay([third], word)).rejects.toThrow(/order/)
  })
})

describe('the same', () => {
  it('bound plays the same orders', async () => {
    const run = async () => (await find([{ ...third, play: right }], { ...bound, random: 30 })).searches.map(({ tried, deviations }) => [tried, deviations])
    expect(await run()).toEqual(await run())
  })

  it('seed makes the same choices, and another one others', async () => {
    const guessed = async (seed: number) => {
      const search = new Search({ ...third, play: fragile }, 1)
      const chance = mulberry32(seed)
      for (let played; search.tried < 200; ) if ((played = await search.guess(chance))) return played.choices
      return undefined
    }
    const first = await guessed(1)
    expect(first).toBeDefined()
    expect(await guessed(1)).toEqual(first)
    const others = [await guessed(2), await guessed(3), await guessed(4)]
    expect(others).not.toEqual([first, first, first])
  })
})

function right(stage: Parameters<Scenario['play']>[0]): void {
  const { client } = ends(stage)
  for (const name of ['a', 'b']) stage.call(name, () => client.call(name))
  stage.mayClose('client')
}

/** Wrong in many orders. */
function fragile(stage: Parameters<Scenario['play']>[0]): void {
  const { client } = ends(stage)
  const made: string[] = []
  for (const name of ['a', 'b', 'c']) stage.call(name, () => (made.push(name), client.call(name)))
  stage.always('the order of the alphabet', () => (made.join('') > 'abc' ? made.join('') : undefined))
}
