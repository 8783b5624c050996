import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { start } from '@rpc-steps/cli/processes'
import { describe, expect, it } from 'vitest'
import { points, pointsOf } from '../src/points.ts'
import type { Played, Scored } from '../src/points.ts'

// Recorded, with what is looked at: a server of twenty lines that finds its frames, and answers whatever is asked with the same method.
const recorded = new URL('points.json', import.meta.url)
const played = JSON.parse(readFileSync(recorded, 'utf8')) as Played

describe('the points of a server', () => {
  it('are a hundred in all', () => {
    expect(Object.values(points).reduce((sum, { most }) => sum + most, 0)).toBe(100)
  })

  it('are of each stage as many as the part of it that passed, rounded down', () => {
    const scored = pointsOf(played)
    expect(scored.map(({ stage }) => stage)).toEqual(Object.keys(points))
    for (const { stage, passed, of, points, most } of scored) {
      const own = played.stages.find((one) => one.stage === stage)
      expect([passed, of]).toEqual([own?.passed.length ?? 0, own ? own.passed.length + own.findings.length + own.left : 0])
      expect(points).toBe(of === 0 ? 0 : Math.floor((most * passed) / of))
    }
    const of = (name: string) => scored.find(({ stage }) => stage === name)!
    expect(of('framing').points).toBe(of('framing').most)
    // Some of them, and what is behind a stage that is not green was not reached.
    expect(of('messages').points).toBeGreaterThan(0)
    expect(of('messages').points).toBeLessThan(of('messages').most)
    expect(of('batches').points).toBe(0)
  })

  it('are none for what was not reached', () => {
    const stages = [{ stage: 'waiting', passed: [], findings: [], left: 7 }]
    expect(pointsOf({ stages }).find(({ stage }) => stage === 'waiting')).toMatchObject({ passed: 0, of: 7, points: 0 })
    expect(pointsOf({ stages: [] }).every(({ points }) => points === 0)).toBe(true)
  })
})

describe('points.ts', () => {
  const program = new URL('../points.ts', import.meta.url)
  const run = async (...args: string[]) => {
    const started = start(program, args)
    const { code } = await started.exited
    return { code, stdout: started.stdout(), stderr: started.stderr() }
  }

  it('prints a table, or JSON', async () => {
    const [table, json] = await Promise.all([run(fileURLToPath(recorded)), run(fileURLToPath(recorded), '--json')])
    const scored = pointsOf(played)
    const sum = scored.reduce((all, { points }) => all + points, 0)
    expect(table.stdout.trimEnd().split('\n')).toHaveLength(3 + scored.length)
    expect(table.stdout).toContain(`| **all** | | **${sum} of 100** |`)
    expect(JSON.parse(json.stdout)).toEqual({ points: sum, stages: scored satisfies Scored[] })
  })

  it.each([
    [[], /^name the file with the JSON of the tester; /],
    [['nowhere.json'], /nowhere\.json/],
    [[fileURLToPath(import.meta.url)], /points\.test\.ts is not what npm run conformance -- --json prints; /],
  ])('refuses %j in a line', async (args, line) => {
    const { code, stderr } = await run(...args)
    expect(code).toBe(1)
    expect(stderr).toMatch(line)
    expect(stderr).toMatch(/^[^\n]+\n$/)
  })
})
