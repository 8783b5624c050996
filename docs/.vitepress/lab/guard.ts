import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { tokenHeader } from './messages.ts'

/** Where the lab is, and the secret that only its own pages know. */
export interface Here {
  port: number
  token: string
}

/** Whether only programs of this machine can reach an address. */
export function isLoopback(address: string): boolean {
  return /^(?:::ffff:)?127\.|^::1$/.test(address)
}

/**
 * Whether the name that a request used for us is one of ours. A page of another site can have its
 * own name point to 127.0.0.1 (DNS rebinding), but cannot make the browser send another name.
 */
export function isOurName(host: string | undefined, port: number): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].some(
    (name) => host === `${name}:${port}` || (port === 80 && host === name),
  )
}

/** Why a request must not start a program, in one line; undefined when it may. */
export function refusal(headers: IncomingHttpHeaders, { port, token }: Here): string | undefined {
  const { host, origin, 'sec-fetch-site': site, [tokenHeader]: given } = headers
  if (!isOurName(host, port)) return 'the Host header must name this machine and this port'
  if (origin !== undefined && origin !== `http://${host}`) return 'only pages of this site may run'
  if (site !== undefined && site !== 'same-origin') return 'only pages of this site may run'
  if (typeof given !== 'string' || !same(given, token)) {
    return 'the token is not that of this server: reload the page'
  }
  return undefined
}

/** Compares without telling by its time how much was right. */
function same(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)]
  return x.length === y.length && timingSafeEqual(x, y)
}
