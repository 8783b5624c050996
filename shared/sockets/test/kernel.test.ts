import { describe, expect, it, onTestFinished } from 'vitest'
import { faultySyscalls, syscalls } from '../src/index.ts'
import { startChild } from './children.ts'
import { epollScenarios, kqueueScenarios, scenarios } from './scenarios.ts'

const linux = process.platform === 'linux'

/** What Linux says, as its manual pages have it. */
const expected: Record<string, unknown> = {
  'a conversation': [5, 3, 'hello', 'by', 'e', true],
  'the end of the stream': [[4, 0, 0], [10, 10], 'EPIPE'],
  'bad calls': ['EBADF', 'EBADF', 'ENOTCONN', 'EINVAL', 'EISCONN', 'EINVAL', [1, 'NVAL']],
  'a port in use': 'EADDRINUSE',
  'a refused connection': 'ECONNREFUSED',
  'a refused non-blocking connection': ['EINPROGRESS', 'OUT|ERR|HUP', 'ECONNREFUSED', 0],
  'a non-blocking connection': ['EAGAIN', true, ['OUT', 0, 'IN'], ['EAGAIN', ''], 'IN', 1],
  'a receive time-out': ['EAGAIN', true, 60],
  'options': [0, true, 0],
  'no room to send': [true, 'EAGAIN', '', true, 'OUT'],
  'a send time-out': 'EAGAIN',
  'an end with bytes left to read': ['IN|ERR|HUP', 'ECONNRESET', 0, 'EPIPE'],
  'sending to somebody who has gone': ['IN', 1, true, 'EPIPE'],
  'an end in both directions': ['IN|HUP', 'HUP', 0],
  'shutdown of a listening socket': 'EINVAL',
  'a nap': true,
}
const expectedOfEpoll: typeof expected = {
  'epoll': [
    [0, 'EEXIST'],
    [],
    [['server IN'], ['server IN']],
    ['server IN|OUT'],
    [],
    ['server HUP'],
    [0, 'ENOENT'],
    [],
  ],
}
const expectedOfKqueue: typeof expected = {
  'kqueue': [
    [],
    ['server read 3'],
    ['server read 3', 'server write'],
    [],
    ['server write ENOENT'],
    ['server read end'],
  ],
}

describe.skipIf(process.platform === 'win32')('the kernel', () => {
  const answersTo = async (names: string[]) =>
    JSON.parse(await startChild(['scenarios', ...names]).output) as unknown

  it.runIf(linux)('answers like the manual pages of Linux', async () => {
    const answers = { ...expected, ...expectedOfEpoll }
    expect(await answersTo(Object.keys(answers))).toEqual(answers)
  })

  // macOS differs in more than one of the others; a call that blocks there would end the child.
  it.runIf(process.platform === 'darwin')('answers on macOS', async () => {
    const same = ['a conversation', 'a port in use', 'a refused connection', 'a nap']
    const answers = {
      ...Object.fromEntries(same.map((name) => [name, expected[name]])),
      ...expectedOfKqueue,
    }
    expect(await answersTo(Object.keys(answers))).toEqual(answers)
  })

  it('fails with the same error as Node', async () => {
    const [nodes, ours] = JSON.parse(await startChild(['same-error']).output)
    expect(nodes.code).toBe('ECONNREFUSED')
    expect(ours).toEqual(nodes)
  })

  it.each([
    ['poll', '"EINTR"'],
    ['accept', '"EINTR"'],
    ['sleep', '[0,true]'],
  ])('%s, interrupted by signals: %s', async (call, result) => {
    // Again and again: the first one may be too early. Until there is a result, and no longer: in
    // a process that is about to end nobody handles signals any more.
    let timer: NodeJS.Timeout
    const child = startChild(['signals', call], (line) => {
      if (line === '"ready"') timer = setInterval(() => child.process.kill('SIGUSR2'), 20)
      else {
        clearInterval(timer)
        child.process.stdin?.end()
      }
    })
    onTestFinished(() => clearInterval(timer))
    expect((await child.output).split('\n')[1]).toBe(result)
  })

  it.runIf(linux)('closes its sockets in programs that are started', async () => {
    expect(JSON.parse(await startChild(['close-on-exec']).output)).toEqual([true, true])
  })

  it('never gives it a length beyond the buffer', () => {
    const bytes = new Uint8Array(4)
    expect(() => syscalls.recv(-1, bytes, 5)).toThrow(RangeError)
    expect(() => syscalls.send(-1, bytes, 2, 3)).toThrow(
      '3 bytes at 2 are not within a buffer of 4',
    )
    expect(() => syscalls.send(-1, bytes, -1)).toThrow(RangeError)
    expect(() => syscalls.send(-1, bytes, NaN)).toThrow(RangeError)
  })
})

it('can be imported on Windows, where a call says what to do', async () => {
  expect(await startChild(['windows']).output).toContain(
    'steps 01 and 03 need Linux or macOS; on Windows run them in WSL',
  )
})

describe('the faulty network without faults answers like the kernel', () => {
  const all = { ...scenarios, ...epollScenarios, ...kqueueScenarios }
  const answers = { ...expected, ...expectedOfEpoll, ...expectedOfKqueue }
  it.each(Object.entries(all))('%s', (name, run) => {
    for (let seed = 1; seed <= 20; seed++) {
      expect(run(faultySyscalls(seed, { faults: 'none' }))).toEqual(answers[name])
    }
  })
})
