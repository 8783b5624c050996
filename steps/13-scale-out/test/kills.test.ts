import { run } from '@rpc-steps/cli/processes'
import { expect, it } from 'vitest'
import { isInstalled } from '../tried/nats-server.ts'
import { needsNats } from './support.ts'

needsNats()

it.skipIf(!isInstalled)('kills.ts keeps all that it promises', async () => {
  const { code, stdout } = await run(new URL('../kills.ts', import.meta.url), ['--calls', '400', '--workers', '3', '--broker'], '', 110_000)
  expect(stdout.match(/^\w+(?= {3})/gm), stdout).toEqual(Array<string>(6).fill('kept'))
  expect(code).toBe(0)
})

it.skipIf(!isInstalled)('speed.ts compares four ways', async () => {
  const { code, stdout } = await run(new URL('../speed.ts', import.meta.url), ['--calls', '400', '--rounds', '1'], '', 110_000)
  expect(stdout).toMatch(/^(.{26} +\d+ a second +\d+\.\d\d\n){4}$/)
  expect(code).toBe(0)
})
