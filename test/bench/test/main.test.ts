import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, runInTurn } from '@rpc-steps/cli/processes'
import { expect, it } from 'vitest'
import type { Report } from '../src/report.ts'

const bench = new URL('../main.ts', import.meta.url)

it('decodes, prints one line and writes JSON', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  const file = join(folder, 'report.json')
  try {
    const { code, stdout } = await run(bench, ['--quick', '--workload', 'decode', '--json', file])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Node v[\d.]+, types stripped by (tsx|Node), not pinned$/m)
    expect(stdout).toMatch(/^decode: \d+ ns a message/m)
    const report = JSON.parse(await readFile(file, 'utf8')) as Report
    expect(report.decode?.ratio.median).toBeGreaterThan(0)
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('refuses in one line what it does not know', async () => {
  const wrong: [args: string[], why: RegExp][] = [
    [['--only', '99'], /no contender "99": bare, /],
    [['--workload', 'nothing'], /no workload "nothing": one, /],
    [['--fast'], /--fast/],
  ]
  const ran = await runInTurn(wrong.map(([args]) => ({ file: bench.href, args })))
  for (const [i, { code, stdout, stderr }] of ran.entries()) {
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(wrong[i]![1])
    expect(stderr.trim().split('\n')).toHaveLength(1)
  }
})
