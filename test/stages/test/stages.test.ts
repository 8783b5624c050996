import { join } from 'node:path'
import { startServer } from '@rpc-steps/cli/processes'
import { runTrial } from '@rpc-steps/trial'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadCases } from '../../conformance/src/cases.ts'
import { play } from '../../conformance/src/play.ts'
import { stateOf, subjectOf } from '../../conformance/src/states.ts'
import { copyOf, removeCopy } from '../src/copy.ts'
import { linesAdded, removals, stages, tried, turned } from '../src/stages.ts'

describe('the naive version', () => {
  let copy: string
  // On the way to it each patch is applied to what the later ones leave, which is every stage.
  beforeAll(() => void (copy = copyOf(stages[0]!)))
  afterAll(() => removeCopy(copy))

  test('has every patch in it, and the last stage none', () => {
    expect(stages[0]!.without).toEqual(removals)
    expect(removals.length).toBeGreaterThan(5)
    expect(stages.at(-1)!.without).toEqual([])
  })

  test('is as safe as step 04: its tests are green, but for those that ask for what it has not', async () => {
    const files = ['notifications', 'peer', 'seams'].map((name) => `test/${name}.test.ts`)
    const tests = files.map((file) => ({ file, name: '' }))
    const { outcomes, trouble } = await runTrial({ folder: join(copy, 'steps/04-async-await'), tests }, { limit: 20_000 })
    expect(trouble).toEqual([])
    expect(outcomes.length).toBeGreaterThan(50)
    expect(outcomes.filter(({ passed }) => !passed).map(({ name }) => name).sort()).toEqual([
      // One write a turn.
      'a notification that waits for room says so when the connection is lost',
      'calls what is sent in one turn is one write',
      // What waits for its turn is counted with what waits for room.
      'two ends that call each other and give them all up do not wait for each other',
    ])
  })

  test('speaks the protocol as step 04 does', async () => {
    const server = await startServer(join(copy, 'steps/04-async-await/server.ts'))
    try {
      const subject = subjectOf('04-async-await')
      const cases = loadCases().filter(({ id }) => stateOf(subject, id).state === 'pass')
      expect(cases.length).toBeGreaterThan(50)
      const problems = []
      for (const one of cases) problems.push(await play(one, server, stateOf(subject, one.id)))
      expect(problems.filter((problem) => problem !== undefined)).toEqual([])
    } finally {
      await server.stop()
    }
  })
})

test('what was tried in vain can be tried', () => {
  removeCopy(copyOf({ name: 'tried', without: tried.flatMap(({ without }) => without) }))
})

describe('a patch', () => {
  test('is read turned around: what is slow goes, what is fast comes', () => {
    const [, joined] = removals
    expect(turned(joined!).split('\n')).toEqual([
      '# steps/02-callbacks/src/connection.ts',
      '    * those run after each callback, and a thousand timers that are due at once would be a thousand writes.',
      '    */',
      '-  #wake(_enough: boolean): void {',
      '-    this.#write()',
      '+  #wake(enough: boolean): void {',
      '+    if (enough) this.#write()',
      '     if (this.#turnIsSet) return',
      '     this.#turnIsSet = true',
    ])
  })

  test('costs lines of code, or none', () => {
    const lines = Object.fromEntries(removals.map((removal) => [removal.name, linesAdded(removal)]))
    expect(lines['1-no-hop']).toBeLessThan(0)
    expect(lines['2-joined-writes']).toBe(0)
    expect(lines['4-buffers-that-stay']).toBeGreaterThan(10)
  })
})
