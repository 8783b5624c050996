import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root, textOf } from '../.vitepress/source.ts'

const python = ['python3', '/usr/bin/python3', 'python'].find((command) => {
  const asks = 'import sys; sys.exit(sys.version_info < (3, 11))'
  return spawnSync(command, ['-c', asks], { timeout: 20_000 }).status === 0
})
const noPython = 'no Python 3.11 or newer was found'

// On one's own machine it may be missing, where the build runs it may not.
test.runIf(process.env['CI'])('in CI there is a Python', () => {
  expect(python, noPython).toBeDefined()
})

async function output(program: string): Promise<string> {
  const child = spawn(python!, ['-X', 'utf8', join(root, program)], { timeout: 60_000 })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  await once(child, 'close')
  return text.replaceAll('\r', '')
}

const title = `what others usually write${python ? '' : ` (skipped: ${noPython})`}`
describe.skipIf(!python)(title, () => {
  test('the gathered requests do what the chapter shows', async () => {
    expect(await output('docs/wild/gather.py')).toBe(textOf('docs/traces/05-python-gather.txt'))
  })

  test('the echo server does what the chapter shows', async () => {
    // How much is held depends on the buffers of the kernel.
    const sizes = /[\d.]+ MB$/gm
    const now = await output('docs/wild/echo.py')
    const recorded = textOf('docs/traces/04-python-echo.txt')
    expect(now.replace(sizes, '')).toBe(recorded.replace(sizes, ''))
    for (const text of [now, recorded]) {
      const [without = 0, withDrain = 0] = text.match(sizes)!.map(parseFloat)
      expect(without).toBeGreaterThan(10)
      expect(withDrain).toBeLessThan(1)
    }
  })
})
