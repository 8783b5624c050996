import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { missing } from './helpers.ts'

const installed = spawnSync('strace', ['--version']).status === 0

// On one's own machine it may be missing, where the build runs it may not.
test.runIf(process.env['CI'] && process.platform === 'linux')('in CI there is strace', () => {
  expect(installed, 'strace was not found').toBe(true)
})

// In some containers strace is installed and not allowed to do its work.
const works = spawnSync('strace', ['-e', 'trace=none', process.execPath, '--version']).status === 0

const calls = 1_000

/** System calls that both ends of so many calls make, for one of those that are tried. */
function systemCalls(only: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'strace-test-'))
  try {
    const summary = join(folder, 'summary.txt')
    const program = fileURLToPath(new URL('../tried.ts', import.meta.url))
    const traced = ['-f', '-c', '-U', 'calls', '-e', 'trace=sendto,recvfrom,epoll_wait,epoll_ctl,io_uring_enter', '-o', summary]
    const args = ['--import', 'tsx', program, '--only', only, '--calls', String(calls), '--rounds', '1']
    execFileSync('strace', [...traced, process.execPath, ...args], { timeout: 60_000, stdio: 'ignore' })
    const lines = readFileSync(summary, 'utf8').split('\n')
    return Number(lines.findLast((line) => /^\s*\d+\s*(total)?\s*$/.test(line))!.trim().split(' ')[0])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test.skipIf(!works || missing !== undefined)('a call takes at most a third of the system calls that it takes in step 03', () => {
  const readiness = systemCalls('step 03')
  const rings = systemCalls('as it is')
  expect(readiness).toBeGreaterThan(4 * calls)
  expect(rings).toBeLessThan(readiness / 3)
})
