import { createRequire } from 'node:module'
import { serve } from '../lab/serve.ts'
import type { Standing } from '../lab/messages.ts'
import { calls, overHttp, overWebSocket, wayOf, ways } from '../theme/page/calls.ts'
import type { Asked, CallName, Happening, Line, Way } from '../theme/page/calls.ts'
import { workOf } from '../theme/page/work.ts'

/** What happened in each of the calls that a page makes, on each way. */
export type PageRecording = Record<CallName, Record<Way, Happening[]>>

// Node 20 and 22 differ in what they have; the step has this one.
const { WebSocket } = createRequire(new URL('../../../steps/12-standards/package.json', import.meta.url))('ws') as {
  WebSocket: typeof globalThis.WebSocket
}

/** Milliseconds after which a call that goes on is given up. */
const patience = 2500

/** Makes these calls as the page does, one after another, each on all ways at once. */
export async function recordPage(names = Object.keys(calls) as CallName[]): Promise<Partial<PageRecording>> {
  const leave = new AbortController()
  let tell: (way: Way, happening: Happening) => void = () => {}
  let worked: (way: Way, workMs: number) => void = () => {}
  const work = workOf((id, ms) => worked(wayOf(id), Math.round(ms)))
  let gone: Promise<void> | undefined
  try {
    const { http, websocket } = await new Promise<Extract<Standing, { kind: 'open' }>>((resolve, reject) => {
      gone = serve('http://localhost', (message) => {
        if (message.kind === 'open') resolve(message)
        if (message.kind === 'events') message.events.forEach(work)
      }, leave.signal)
      gone.catch(reject)
    })
    const lines: Record<Way, Line> = {
      http: overHttp(http, (happening) => tell('http', happening)),
      websocket: await overWebSocket(websocket, (happening) => tell('websocket', happening), WebSocket),
    }
    // The first call of a process is slow: much is loaded for it.
    await Promise.all(ways.map((way) => lines[way].make(calls.result, leave.signal, () => Infinity)))
    const recording: Partial<PageRecording> = {}
    for (const name of names) {
      const asked: Asked = calls[name]
      const heard: Record<Way, Happening[]> = { http: [], websocket: [] }
      tell = (way, happening) => heard[way].push(happening)
      const allWorked = new Promise<void>((resolve) => {
        let left = ways.length
        worked = (way, workMs) => {
          heard[way].push({ ms: Math.round(performance.now() - began), what: 'worked', workMs })
          if (--left === 0) resolve()
        }
      })
      const giveUp = new AbortController()
      const timer = setTimeout(() => giveUp.abort(), patience)
      const began = performance.now()
      await Promise.all([...ways.map((way) => lines[way].make(asked, giveUp.signal, () => asked.stream?.pace ?? Infinity)), allWorked])
      clearTimeout(timer)
      recording[name] = heard
    }
    for (const way of ways) lines[way].close()
    return recording
  } finally {
    leave.abort()
    await gone?.catch(() => {})
  }
}
