import { createFramer, requestText } from '@rpc-steps/wire'
import { describe, expect, test } from 'vitest'
import { echo, End } from './pair.ts'

const { frame } = createFramer('content-length')
const say = (end: End, text: string) => end.session.received(Buffer.from(text))
const ask = (id: number, size = 0) => frame(requestText(id, 'echo', ['x'.repeat(size)]))
const note = (method: string) => frame(JSON.stringify({ jsonrpc: '2.0', method }))
const answer = (end: End) => end.running.splice(0).forEach(({ request, respond }) => echo(request, respond))

/** What an end wants to send, in short. */
function sent(end: End): string[] {
  const framer = createFramer('content-length', { header: 8192, body: 1e9 })
  const lines = []
  for (let bytes; (bytes = end.session.next()) !== undefined; ) {
    framer.push(Buffer.from(bytes))
    for (let body; (body = framer.next()) !== undefined; ) {
      const { id, method, error } = JSON.parse(body) as { id?: number; method?: string; error?: { code: number } }
      lines.push(`${method ?? id}${error ? `: ${error.code}` : ''}`)
    }
    end.session.took(bytes.length)
  }
  return lines
}

describe('who watches requests', () => {
  /** An end, and what its watcher sees: `1` is read, `1 answered` when its answer leaves. */
  function watched(options = {}): { end: End; seen: string[] } {
    const end = new End(options)
    const seen: string[] = []
    end.session.watch(({ id }, respond) => {
      seen.push(`${id}`)
      return (error, result) => {
        seen.push(`${id} answered`)
        respond(error, result)
      }
    })
    return { end, seen }
  }

  test('sees each when it is read, also what waits unrun, and no notification', () => {
    const { end, seen } = watched({ highWater: 1_000 })
    say(end, ask(1, 2_000))
    answer(end)
    say(end, ask(2) + note('note') + note('$/note') + ask(3))
    expect([end.session.stats.parked, end.running.length]).toEqual([3, 0])
    expect(seen).toEqual(['1', '1 answered', '2', '3'])
    expect(sent(end)).toEqual(['1'])
    answer(end)
    expect(seen.slice(4)).toEqual(['2 answered', '3 answered'])
  })

  test('hears of the answer also when nothing was run: too much has come, or it is closing', () => {
    const { end, seen } = watched({ highWater: 1_000, parked: 1 })
    end.call('x', [])
    say(end, ask(1, 2_000))
    answer(end)
    say(end, ask(2) + ask(3))
    expect(seen.slice(2)).toEqual(['2', '3', '3 answered'])
    expect(sent(end)).toEqual(['x', '1', '3: -32029'])
    end.session.close()
    say(end, ask(4))
    expect(seen.slice(5)).toEqual(['4', '4 answered'])
    expect(sent(end)).toEqual(['4: -32014'])
  })

  test('hears of the answer once: what is said after it is nothing, also to a new request with its id', () => {
    const { end, seen } = watched()
    say(end, ask(1))
    const [{ respond: late }] = end.running.splice(0) as [(typeof end.running)[0]]
    late(null, 'the answer')
    say(end, ask(1))
    late(new Error('too late, and worth a line'))
    expect(seen).toEqual(['1', '1 answered', '1'])
    expect(end.log.join()).toContain('too late')
    answer(end)
    expect(sent(end)).toEqual(['1', '1'])
    expect(seen).toEqual(['1', '1 answered', '1', '1 answered'])
  })

  test('may be several: whoever came last is told first', () => {
    const { end, seen } = watched()
    end.session.watch((_, respond) => (error, result) => {
      seen.push('last')
      respond(error, result)
    })
    say(end, ask(1))
    answer(end)
    expect(seen).toEqual(['1', 'last', '1 answered'])
  })
})

describe('a notification that speaks of what is in flight', () => {
  test('leaves when the other end sends no more, as long as there is something in flight; others do not', () => {
    const end = new End()
    say(end, ask(1))
    end.session.ended()
    end.session.notify('$/stream/down')
    expect(() => end.session.notify('note')).toThrow('the connection has ended')
    answer(end)
    expect(sent(end)).toEqual(['$/stream/down', '1'])
    expect(() => end.session.notify('$/stream/down'), 'nothing is in flight').toThrow('the connection has ended')
  })

  test('leaves while this end closes, and not when the connection is gone', () => {
    const end = new End()
    say(end, ask(1))
    end.session.close()
    end.session.notify('$/stream/down')
    expect(sent(end)).toEqual(['$/stream/down'])
    end.session.destroy()
    expect(() => end.session.notify('$/stream/down')).toThrow('the connection was closed by this side')
  })
})
