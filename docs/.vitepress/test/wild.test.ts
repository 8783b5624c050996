import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { run } from '@rpc-steps/cli/processes'
import { describe, expect, test } from 'vitest'
import { recordingOf } from '../course.ts'
import { root, textOf } from '../source.ts'

const python = ['python3', '/usr/bin/python3', 'python'].find((command) => {
  const asks = 'import sys; sys.exit(sys.version_info < (3, 11))'
  return spawnSync(command, ['-c', asks], { timeout: 20_000 }).status === 0
})
const noPython = 'no Python 3.11 or newer was found'

// On one's own machine they may be missing, where the build runs they may not.
test.runIf(process.env['CI'])('in CI there is a Python', () => {
  expect(python, noPython).toBeDefined()
})
test.runIf(process.env['CI'] && process.platform === 'linux')('in CI there is redis', () => {
  expect(spawnSync('redis-server', ['--version']).status, 'redis-server was not found').toBe(0)
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
    expect(await output('docs/steps/05-gather/wild/gather.py')).toBe(textOf(recordingOf('05-python-gather.txt')))
  })

  test('the echo servers do what the chapter shows', async () => {
    // How much is kept depends on the buffers of the kernel.
    const sizes = /keeps [\d.]+ MB/g
    const now = await output('docs/steps/04-async-await/wild/echo.py')
    const recorded = textOf(recordingOf('04-python-echo.txt'))
    expect(now.replace(sizes, '')).toBe(recorded.replace(sizes, ''))
    for (const text of [now, recorded]) {
      const [usual = 0, good = 0] = text.match(sizes)!.map((size) => Number(size.split(' ')[1]))
      expect(usual).toBeGreaterThan(10)
      expect(good).toBeLessThan(1)
    }
  })
})

// In some containers strace is installed and not allowed to do its work.
const trace = ['-e', 'trace=none', 'redis-server', '--version']
const redis = spawnSync('strace', trace, { timeout: 20_000 }).status === 0
const why = redis ? '' : ' (skipped: there is no redis-server that strace may watch)'

test.skipIf(!redis)(`a turn of redis is what the chapter shows${why}`, async () => {
  const program = pathToFileURL(join(root, 'docs/steps/03-event-loop/wild/redis.ts'))
  const { code, stdout, stderr } = await run(program, [])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const [now, recorded] = [stdout, textOf(recordingOf('03-redis.txt'))].map((text) =>
    // Numbers of sockets and sizes of buffers may be others.
    text.trimEnd().split('\n').map((line) => line.replace(/\(\d+, |, \d+\) /g, ' ')),
  )
  const names = (lines: string[]) => lines.map((line) => line.split(' ')[0])
  expect(names(now!)).toEqual(names(recorded!))
  // Whose answer leaves first is no promise of redis.
  const moved = (lines: string[]) => lines.filter((line) => /^(read|write)/.test(line)).sort()
  expect(moved(now!)).toEqual(moved(recorded!))
})
