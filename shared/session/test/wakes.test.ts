import { createFramer, requestText } from '@rpc-steps/wire'
import type { Respond } from '@rpc-steps/wire'
import { expect, test } from 'vitest'
import { Session } from '../src/index.ts'
import type { SessionOptions } from '../src/index.ts'

const { frame } = createFramer('content-length')
const ask = frame(requestText(1, 'x'))

/** A session, what it has asked of its driver since one last looked, and the requests that it has run. */
function driven(options: SessionOptions = {}) {
  const asked: string[] = []
  const running: Respond[] = []
  const events = {
    request: (_: unknown, respond: Respond) => void running.push(respond),
    wake: (enough: boolean) => void asked.push(enough ? 'now' : 'soon'),
  }
  const session = new Session(events, options)
  return { session, running, asked: () => asked.splice(0) }
}

test.each<[string, (session: Session, running: Respond[]) => void]>([
  ['a call', (session) => session.call('x', [], () => {})],
  ['a notification', (session) => session.notify('x')],
  ['an answer', (_, running) => running[0]!(null, 1)],
  ['close', (session) => session.close()],
  ['the end of the stream', (session) => session.ended()],
  ['garbage', (session) => session.received(Buffer.from('garbage\r\n\r\n'))],
  ['the end inside a frame', (session) => (session.received(Buffer.from('C')), session.ended())],
])('whoever drives it is told that there is something to do: %s', (_, what) => {
  const { session, running, asked } = driven()
  session.received(Buffer.from(ask))
  asked()
  what(session, running)
  const wishes = new Set(asked())
  expect([...wishes]).toEqual(['soon'])
})

test('destroy is to be done now', () => {
  const { session, asked } = driven()
  session.destroy()
  expect(asked()).toEqual(['now'])
})

test('so many bytes are to be sent now, before the turn is over', () => {
  const { session, asked } = driven()
  session.notify('x', ['x'.repeat(100)])
  expect(asked()).toEqual(['soon'])
  session.notify('x', ['x'.repeat(100_000)])
  expect(asked()).toEqual(['now'])
})

test('with nothing to send, what comes wakes nobody', () => {
  const { session, asked } = driven()
  session.received(Buffer.from(ask))
  session.received(Buffer.from('Content'))
  expect(asked()).toEqual([])
})

test('a time that is over is something to do', () => {
  const { session, asked } = driven({ frameTimeout: 10, sendTimeout: Infinity })
  session.received(Buffer.from('Content'))
  session.tick(0)
  expect(asked()).toEqual([])
  session.tick(10)
  expect(asked()).toContain('soon')
  expect(session.next()).toBeDefined()
})
