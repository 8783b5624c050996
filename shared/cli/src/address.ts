import { isIPv6 } from 'node:net'
import { UsageError } from './options.ts'
import type { Option } from './options.ts'

/** Reads `127.0.0.1:8080`, `localhost:8080` or `[::1]:8080`. Throws UsageError with the one thing that is wrong. */
export function readAddress(text: string): { host: string; port: number } {
  const no = (why: string) => new UsageError(`must be HOST:PORT: ${why}`)
  if (text.includes('/')) throw no(`"${text}" looks like a URL`)
  const colon = text.lastIndexOf(':')
  if (colon < 0 || text.endsWith(']')) throw no(`"${text}" has no port`)
  const [name, port] = [text.slice(0, colon), text.slice(colon + 1)]
  if (name === '') throw no(`"${text}" has no host`)
  const ipv6 = /^\[(.*)\]$/s.exec(name)?.[1]
  if (ipv6 === undefined ? /[:[\]]/.test(name) : !isIPv6(ipv6)) {
    throw no('an IPv6 address, and nothing else, stands in brackets, such as [::1]:8080')
  }
  if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
    throw no(`the port must be a whole number from 1 to 65535, not "${port}"`)
  }
  return { host: ipv6 ?? name, port: Number(port) }
}

/** The same again, as text. */
export function addressText({ host, port }: { host: string; port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** An option that takes the address of a server. */
export function addressOption(help: string): Option<{ host: string; port: number } | undefined> {
  return { hint: 'HOST:PORT', help, default: undefined, read: readAddress }
}
