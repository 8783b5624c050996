import { once } from 'node:events'
import * as net from 'node:net'
import { run, runInTurn, startServer } from '@rpc-steps/cli/processes'
import { play } from '@rpc-steps/cli/demo'
import { spansOf, timesOf } from '@rpc-steps/trace'
import { createFramer, requestText } from '@rpc-steps/wire'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dial, served } from './support.ts'

const server = new URL('../server.ts', import.meta.url)
const client = new URL('../client.ts', import.meta.url)
const { frame } = createFramer('content-length')

describe('the server', () => {
  it('works on as many as it has workers; the others are in the trace as queued', async () => {
    // Long enough that on a busy machine, too, all are there before the first is done.
    const [calls, workers, ms] = [7, 3, 400]
    const words = Array.from({ length: calls }, () => ['sleep', `[${ms}]`]).flat()
    const events = await play(server, { server: ['--workers', String(workers)], clients: [words] })
    const spans = spansOf(events)
    const work = spans.filter(({ cat }) => cat === 'work')
    expect(work).toHaveLength(calls)
    for (const { start } of work) {
      expect(work.filter((other) => other.start <= start && start < other.end).length).toBeLessThanOrEqual(workers)
    }
    expect(spans.filter(({ cat }) => cat === 'queue')).toHaveLength(calls - workers)
    const queues = timesOf(events).map(({ queue }) => queue)
    expect(queues.slice(0, 3)).toEqual([0, 0, 0])
    for (const queue of queues.slice(3, 6)) expect(queue).toBeGreaterThan(ms / 2)
    expect(queues[6]).toBeGreaterThan(1.5 * ms)
    for (const { request } of timesOf(events)) expect(request).toBeGreaterThan(ms - 10)
  })

  it('says which thread has computed', async () => {
    const events = await play(server, { server: [], clients: [['hash', '["abc",1]']] })
    const [name] = events.filter((event) => event.name === 'thread_name')
    const run = spansOf(events).find(({ cat, name }) => cat === 'run' && name === 'hash')
    expect(run).toMatchObject({ pid: name!.pid, tid: name!.tid, id: timesOf(events)[0]!.id })
    expect(run!.tid).not.toBe(0)
  })

  it.skipIf(process.platform === 'win32')('on SIGTERM finishes what it has accepted, takes on nothing, and ends', async () => {
    const running = await startServer(server, ['--workers', '1', '--capacity', '5'])
    onTestFinished(() => void running.stop('SIGKILL'))
    const socket = net.connect(running.port, running.host).setEncoding('utf8')
    let text = ''
    socket.on('data', (chunk: string) => (text += chunk))
    for (const id of [1, 2, 3]) socket.write(frame(requestText(id, 'sleep', [300])))
    // A wrong priority is told without waiting: then the others are in the queue.
    socket.write(frame(`${requestText(4, 'sleep')}`.replace('"method"', '"meta":{"priority":10},"method"')))
    await expect.poll(() => text).toContain('"id":4')
    running.process.kill('SIGTERM')
    let id = 4
    const more = () => {
      socket.write(frame(requestText(++id, 'sum')))
      return text
    }
    await expect.poll(more).toContain('{"code":-32014,"message":"Draining","data":{"status":"UNAVAILABLE"}}')
    socket.end()
    await once(socket, 'end')
    for (const id of [1, 2, 3]) expect(text).toContain(`"result":300,"id":${id}`)
    expect(text.match(/Content-Length/g), 'each has one answer').toHaveLength(id)
    expect(await running.exited).toEqual({ code: 0, signal: null })
    expect(running.stderr()).toBe('')
  })

  it('started with what no option takes says what is wrong', async () => {
    const tries = [
      ['--workers=0', '--workers must be a whole number from 1 to 1000000, not "0"'],
      ['--capacity=-1', '--capacity must be a whole number from 0 to 1000000, not "-1"'],
      ['--order=lifo', '--order must be one of priority, fair, fifo, not "lifo"'],
      ['--threads=1.5', '--threads must be a whole number from 0 to 500, not "1.5"'],
    ] as const
    const ran = await runInTurn(tries.map(([option]) => ({ file: server.href, args: [option] })))
    expect(ran).toEqual(tries.map(([, line]) => ({ code: 1, stdout: '', stderr: `${line}; --help says more\n`, left: [] })))
  })
})

describe('the client', () => {
  it('says how urgent its calls are, or says nothing', async () => {
    const { port } = await served(({ meta }) => (meta as { priority: number } | undefined) ?? null)
    const asked = (...options: string[]) => ({ file: client.href, args: ['--port', String(port), ...options, 'x'] })
    const ran = await runInTurn([asked('--priority', '7'), asked(), asked('--priority', '10')])
    expect(ran).toMatchObject([{ code: 0, stdout: '{"priority":7}\n' }, { code: 0, stdout: 'null\n' }, { code: 1, stdout: '' }])
  })

  it('shows a refusal, and when to come back', async () => {
    const { port } = await startServer(server, ['--workers', '1', '--capacity', '1']).then((running) => {
      onTestFinished(() => void running.stop('SIGKILL'))
      return running
    })
    const peer = await dial({ host: '127.0.0.1', port })
    const held = [peer.call('sleep', [60_000]), peer.call('sleep', [60_000])].map((call) => call.catch(() => {}))
    await expect(peer.call('say', ['x'])).rejects.toMatchObject({ code: -32029 })
    const { code, stderr } = await run(client, ['--port', String(port), 'say', '["x"]'])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'say: Too many requests (-32029): {"status":"RESOURCE_EXHAUSTED","retryAfterMs":100}\n',
    })
    peer.destroy()
    await Promise.all(held)
  })
})
