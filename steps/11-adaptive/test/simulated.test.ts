import { fileURLToPath } from 'node:url'
import { createContext, Script } from 'node:vm'
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
