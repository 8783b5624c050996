import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { run } from '@rpc-steps/cli/processes'
import { expect, test } from 'vitest'

const installed = spawnSync('strace', ['--version']).status === 0

// On one's own machine it may be missing, where the build runs it may not.
test.runIf(process.env['CI'] && process.platform === 'linux')('in CI there is strace', () => {
  expect(installed, 'strace was not found').toBe(true)
})

// In some containers strace is installed and not allowed to do its work.
const works = spawnSync('strace', ['-e', 'trace=none', process.execPath, '--version']).status === 0

/** The calls, and how many bytes each sent or received; the numbers of sockets are left out. */
async function calls(folder: URL, name: string): Promise<string[]> {
  const text = await readFile(new URL(`01-strace-${name}.txt`, folder), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    // What was cut short because somebody stopped the process stands there again.
    .filter((line) => !line.includes('ERESTART'))
    .map((line) => line.replace(/^(sendto|recvfrom)\(\d+, (.*)\) = (\d+) <.*/, '$1 $2 = $3').replace(/\(.*/, ''))
}

test.skipIf(!works)('the chapter shows what server and client ask of the kernel', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'strace-test-'))
  try {
    const { code, stderr } = await run(new URL('../strace.ts', import.meta.url), ['--folder', folder])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const recorded = new URL('../../../docs/steps/01-blocking-sockets/traces/', import.meta.url)
    for (const name of ['server', 'client']) {
      expect(await calls(pathToFileURL(folder + '/'), name)).toEqual(await calls(recorded, name))
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})
