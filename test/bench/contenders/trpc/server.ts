import { once } from 'node:events'
import { initTRPC } from '@trpc/server'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { WebSocketServer } from 'ws'
import type { AddressInfo } from 'ws'

const { procedure, router } = initTRPC.create()
const service = router({
  say: procedure
    .input((input) => input as { text: string })
    .query(({ input: { text } }) => `You said: ${text}`),
  sleep: procedure
    .input((input) => input as { ms: number })
    .query(({ input: { ms } }) => new Promise<number>((resolve) => setTimeout(resolve, ms, ms))),
})

/** All that a client needs to know, and only its types. */
export type Service = typeof service

const wss = new WebSocketServer({ host: '127.0.0.1', port: 0 })
applyWSSHandler({ wss, router: service })
await once(wss, 'listening')
console.log(`listening on 127.0.0.1:${(wss.address() as AddressInfo).port}`)
