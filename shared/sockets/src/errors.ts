import os from 'node:os'
import { formatAddress, type Address } from './address.ts'

const numbers: Readonly<Record<string, number>> = os.constants.errno

// Some numbers have two names (EAGAIN is EWOULDBLOCK on Linux and macOS): the first one listed
// is the one Node uses.
const names = new Map<number, string>()
for (const [name, number] of Object.entries(numbers)) {
  if (!names.has(number)) names.set(number, name)
}

/** The name of an error number, whatever its sign: on Linux 111 is `ECONNREFUSED`. See errno(3). */
export function errnoName(errno: number): string {
  return names.get(Math.abs(errno)) ?? `errno ${Math.abs(errno)}`
}

/** The negated number of a name, as a call returns it. The numbers differ from system to system. */
function negated(name: keyof typeof os.constants.errno): number {
  const number = numbers[name]
  if (number === undefined) throw new Error(`this system has no ${name}`)
  return -number
}

/**
 * Nothing to read, no room to write, nobody to accept: try again later. On a blocking socket: its
 * time-out is over.
 */
export const EAGAIN = negated('EAGAIN')
/** A signal arrived before the call had done anything. */
export const EINTR = negated('EINTR')
/** A non-blocking connect has begun: the socket becomes writable when it is decided. */
export const EINPROGRESS = negated('EINPROGRESS')
/** connect was called again while the first one is still under way. */
export const EALREADY = negated('EALREADY')
export const EISCONN = negated('EISCONN')
export const ENOTCONN = negated('ENOTCONN')
export const ECONNREFUSED = negated('ECONNREFUSED')
/** The other side threw the connection away (a TCP reset). */
export const ECONNRESET = negated('ECONNRESET')
/** The client was gone before accept got to it. */
export const ECONNABORTED = negated('ECONNABORTED')
/** Sending on a connection that can no longer send. */
export const EPIPE = negated('EPIPE')
export const EADDRINUSE = negated('EADDRINUSE')
export const EADDRNOTAVAIL = negated('EADDRNOTAVAIL')
/** This process has used up its file descriptors. */
export const EMFILE = negated('EMFILE')
/** The whole system has used up its file descriptors. */
export const ENFILE = negated('ENFILE')
export const EBADF = negated('EBADF')
export const EINVAL = negated('EINVAL')
export const EEXIST = negated('EEXIST')
export const ENOENT = negated('ENOENT')
export const EOPNOTSUPP = negated('EOPNOTSUPP')
/** No buffer was left for what has come. */
export const ENOBUFS = negated('ENOBUFS')
/** The time that a call was given is over. */
export const ETIME = negated('ETIME')
/** An operation was ended before it was done. */
export const ECANCELED = negated('ECANCELED')
export const ETIMEDOUT = negated('ETIMEDOUT')

/** A call that failed, in the shape of Node's own system errors. */
export class SystemError extends Error {
  /** The name of the error: `ECONNREFUSED`. */
  readonly code: string
  /** The negated error number, as in Node: `-111`. */
  readonly errno: number
  /** The call that failed: `connect`. */
  readonly syscall: string
  /** The host the call was about, where there is one. */
  readonly address?: string
  /** The port the call was about, where there is one. */
  readonly port?: number

  constructor(errno: number, syscall: string, address?: Address) {
    const code = errnoName(errno)
    super(`${syscall} ${code}${address ? ` ${formatAddress(address)}` : ''}`)
    this.code = code
    this.errno = -Math.abs(errno)
    this.syscall = syscall
    if (address) {
      this.address = address.host
      this.port = address.port
    }
  }
}

/**
 * The result of a call if it worked, an exception if it did not:
 * `const fd = check(syscalls.socket(), 'socket')`.
 *
 * @throws SystemError such as `connect ECONNREFUSED 127.0.0.1:8080`.
 */
export function check(result: number, syscall: string, address?: Address): number {
  if (result < 0) throw new SystemError(result, syscall, address)
  return result
}
