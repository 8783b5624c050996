import { isIPv4 } from 'node:net'
import { foreseen } from './foreseen.ts'

/** One end of a TCP connection over IPv4. */
export interface Address {
  /** Four numbers, or `localhost` for `127.0.0.1`. Other names are not looked up. */
  readonly host: string
  /** 0 to 65535. Binding to 0 lets the kernel choose a free port. */
  readonly port: number
}

/** `127.0.0.1:8080` */
export function formatAddress(address: Address): string {
  return `${address.host}:${address.port}`
}

/**
 * The host in four numbers and the port, both checked.
 *
 * @throws Error with the code ERR_INVALID_HOST, RangeError for the port.
 */
export function checkAddress({ host, port }: Address): Address {
  const numeric = host === 'localhost' ? '127.0.0.1' : host
  if (!isIPv4(numeric)) {
    throw foreseen(
      'ERR_INVALID_HOST',
      `host must be an IPv4 address such as 127.0.0.1, or localhost; not "${host}"`,
    )
  }
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new RangeError(`port must be a whole number from 0 to 65535, not ${port}`)
  }
  return { host: numeric, port }
}
