import { runInTurn } from '@rpc-steps/cli/processes'
import type { Ran } from '@rpc-steps/cli/processes'
import { beforeAll, describe, expect, it } from 'vitest'
import { languages } from '../src/starters.ts'

// Where the commands of the starters are given.
const root = new URL('../../../', import.meta.url)
const tester = new URL('../../conformance/main.ts', import.meta.url).href
const programs = languages.filter(({ found }) => found).flatMap(({ name, server, client }) => [
  { name, what: 'server', args: ['--command', server] },
  { name, what: 'client', args: ['--client', client] },
])

describe('the starters', () => {
  let ran: Ran[]
  beforeAll(async () => {
    ran = await runInTurn(programs.map(({ args }) => ({ file: tester, args: [...args, '--stage', 'framing'] })), undefined, { cwd: root })
  })

  it.each(languages)('$name is here, or its tests are skipped', ({ name, found, missing }) => {
    // On one's own machine it may be missing, where the build runs it may not.
    if (process.env['CI']) expect(found, missing).toBe(true)
    else if (!found) console.log(`starters in ${name} are not tried: ${missing}`)
  })

  it.each(programs.map((program, i) => ({ ...program, i })))('the $what in $name passes the first stage', ({ i }) => {
    const { code, stdout, stderr } = ran[i]!
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^framing +green/m)
  })
})
