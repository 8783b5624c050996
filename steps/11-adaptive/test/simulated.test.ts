import { fileURLToPath } from 'node:url'
import { createContext, Script } from 'node:vm'
import { run } from '@rpc-steps/cli/processes'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { fixed, seeded, simulate, Vegas } from '../src/index.ts'

const scene = { conditions: { workers: 4, serviceMs: 10, rate: 800 }, durationMs: 1000, stepMs: 100 }

test('the simulation runs where there is no Node, and comes out the same', async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../src/simulated.ts', import.meta.url))],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'simulated',
    write: false,
  })
  // No process, no require, no timers: what is not of the language is not there.
  const page = createContext({})
  new Script(outputFiles[0]!.text).runInContext(page)
  const there = new Script(`JSON.stringify(simulated.simulate(
    () => new simulated.Vegas(),
    { ...${JSON.stringify(scene)}, random: simulated.seeded(1) },
  ))`).runInContext(page) as string
  expect(JSON.parse(there)).toEqual(simulate(() => new Vegas(), { ...scene, random: seeded(1) }))
})

test('what comes is served, or refused, or in flight', () => {
  const points = simulate(() => fixed(8), { ...scene, random: seeded(1) })
  const sum = (of: 'served' | 'refused') => points.reduce((sum, point) => sum + point[of], 0)
  expect(points.at(-1)).toMatchObject({ atMs: 1000, limit: 8 })
  // Twice as much comes as can be done; 400 are done in a second.
  expect(sum('served')).toBeGreaterThan(380)
  expect(sum('served')).toBeLessThan(420)
  expect(sum('refused')).toBeGreaterThan(330)
  expect(Math.max(...points.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(8)
})

test('the program draws the limits and the waiting, side by side', async () => {
  const { code, stdout, stderr } = await run(new URL('../simulate.ts', import.meta.url), ['--seconds', '6'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const p99 = (name: string) => {
    const [, line] = new RegExp(`^${name}: p99 +[▁-█ ]{60} (.*)$`, 'm').exec(stdout)!
    return [...line!.matchAll(/(\d+) ms/g)].map(([, ms]) => Number(ms))
  }
  const [none, vegas] = [p99('no limit'), p99('vegas')]
  expect(none).toHaveLength(3)
  expect(vegas[1]! * 10).toBeLessThan(none[1]!)
  expect(vegas[2]! * 10).toBeLessThan(none[2]!)
})
