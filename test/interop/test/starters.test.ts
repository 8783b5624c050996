import { fileURLToPath } from 'node:url'
import { run } from '@rpc-steps/cli/processes'
import { describe, it } from 'vitest'
import { languages } from '../src/starters.ts'

const tester = fileURLToPath(new URL('../../conformance/main.ts', import.meta.url))

describe.concurrent.each(languages)('the starters in $name', ({ found, missing, server }) => {
  // On one's own machine it may be missing, where the build runs it may not.
  it(found ? 'can be run' : `the rest is skipped: ${missing}`, ({ expect }) => {
    if (process.env['CI']) expect(found, missing).toBe(true)
  })

  it.skipIf(!found)('pass the first stage', async ({ expect }) => {
    const { code, stdout, stderr } = await run(tester, ['--command', server, '--stage', 'framing'])
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^framing +green/m)
  })
})
