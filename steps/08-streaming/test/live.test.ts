import { PassThrough } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { run, start, startServer } from '@rpc-steps/cli/processes'
import type { Running, RunningServer } from '@rpc-steps/cli/processes'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { Live } from '../src/live.ts'
import { stream } from '../src/index.ts'
import { all, dial, served } from './support.ts'

const client = new URL('../client.ts', import.meta.url)
let server: RunningServer

beforeAll(async () => {
  server = await startServer(new URL('../server.ts', import.meta.url))
  return () => server.stop('SIGKILL')
})

/** A client that is typed to; its stdin stays open. */
function typedTo(...words: string[]): Running & { type(line: string): void } {
  const running = start(client, ['--port', String(server.port), ...words])
  onTestFinished(() => void running.stop('SIGKILL'))
  return { ...running, type: (line) => void running.process.stdin!.write(`${line}\n`) }
}

const whole = '1\n2\n3\n4\n5\n'

describe('a client that reads a stream', () => {
  it('takes another pause at once, also instead of the one that is under way', async () => {
    const one = typedTo('--credit', '2', '--slow', '60000', 'count', '[5]')
    await one.printed(/^1$/m)
    one.type('0')
    expect(await one.exited).toEqual({ code: 0, signal: null })
    expect(one.stdout()).toBe(whole)
  })

  it('is slowed while it reads, and its server with it', async () => {
    const one = typedTo('--credit', '2', 'feed', '[10,100000]')
    await one.printed(/^5$/m)
    one.type('60000')
    // What may have been on its way when it was told.
    await expect.poll(() => one.stdout(), { interval: 100 }).toSatisfy(stays())
    one.type('1')
    const last = Number(one.stdout().trim().split('\n').at(-1))
    await one.printed(new RegExp(`^${last + 20}$`, 'm'))
  })

  it('that is told to stop breaks off, and begins nothing more', async () => {
    const one = typedTo('--credit', '2', '--slow', '60000', '--limit', '1', '--hold', 'yes', 'count', '[5]', 'count', '[1]')
    await one.printed(/^ready$/m)
    one.type('')
    await one.printed(/^1$/m)
    one.type('stop')
    expect(await one.exited).toEqual({ code: 0, signal: null })
    expect([one.stdout(), one.stderr()]).toEqual(['ready\n1\n', ''])
  })

  it('says what it does not understand, and goes on', async () => {
    const one = typedTo('--credit', '2', '--slow', '60000', 'count', '[5]')
    await one.printed(/^1$/m)
    for (const line of ['faster', '', '-1', '1e3', '60001', ' 0 ']) one.type(line)
    expect((await one.exited).code).toBe(0)
    expect(one.stdout()).toBe(whole)
    const wrong = (line: string) => `type stop, or the pause, which must be a whole number from 0 to 60000, not "${line}"\n`
    expect(one.stderr()).toBe(['faster', '-1', '1e3', '60001'].map(wrong).join(''))
  })

  it('reads to the end when nobody types any more', async () => {
    const asked = ['--port', String(server.port), '--credit', '2', '--slow', '20', 'count', '[5]']
    expect(await run(client, asked)).toMatchObject({ code: 0, stdout: whole, stderr: '' })
  })

  it('ends although more could be typed, and does not listen where nothing is a stream', async () => {
    const one = typedTo('--credit', '2', 'count', '[5]')
    const other = typedTo('say', '["a"]')
    other.type('faster')
    expect(await Promise.all([one.exited, other.exited])).toMatchObject([{ code: 0 }, { code: 0 }])
    expect([one.stdout(), other.stdout(), other.stderr()]).toEqual([whole, '"You said: a"\n', ''])
  })
})

describe('a live reader', () => {
  it('stops all that it reads, and its pause for each is the same', async () => {
    const live = new Live(0)
    let ended = 0
    async function* numbers() {
      try {
        for (let n = 1; ; n++) yield n
      } finally {
        ended++
      }
    }
    const read = async () => {
      let count = 0
      for await (const n of live.of(numbers())) {
        count = n
        if (n === 3) live.pause(60_000)
      }
      return count
    }
    const both = [read(), read()]
    await delay(0)
    live.stop()
    for (const count of await Promise.all(both)) expect(count).toBeLessThanOrEqual(4)
    expect(ended).toBe(2)
    expect(await read()).toBe(0)
  })

  it('takes what is typed as it comes, a line in two pieces and two in one', async () => {
    const live = new Live(60_000)
    const input = new PassThrough() as unknown as typeof process.stdin & PassThrough
    const read: string[] = []
    live.follow(input, (line) => read.push(line))
    input.write('12')
    input.write('3\n4\nst')
    input.end('op')
    await expect.poll(() => read).toEqual(['123', '4'])
    await expect.poll(() => all(live.of(one()))).toEqual([])
    async function* one() {
      yield 1
    }
  })

  it('that waits for an item stops at once, which cancels', async () => {
    let signal: AbortSignal | undefined
    const far = await served(async function* (_, context) {
      signal = context.signal
      await context.sleep(60_000)
      yield 1
    })
    const { call } = await dial(far)
    const live = new Live(0)
    const read = all(live.of(stream(call, 'any')))
    await expect.poll(() => signal).toBeDefined()
    live.stop()
    expect(await read).toEqual([])
    await expect.poll(() => signal?.reason).toMatchObject({ code: -32800 })
  })
})

/** Whether a text is what it was the last time that somebody looked. */
function stays(): (text: string) => boolean {
  let before: string | undefined
  return (text) => {
    const same = text === before
    before = text
    return same
  }
}
