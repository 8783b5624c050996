import { Client } from '@rpc-steps/callbacks'
import type { Callback } from '@rpc-steps/callbacks'
import type { SessionOptions } from '@rpc-steps/session'
import { check, checkAddress, EINPROGRESS, EINTR, ENOTCONN, SystemError } from '@rpc-steps/sockets'
import type { Address, Syscalls } from '@rpc-steps/sockets'
import { trace } from '@rpc-steps/trace'
import { Connection } from './connection.ts'
import type { Loop } from './loop.ts'
import { WRITE } from './selector.ts'

/** Where to, and how. */
export interface ClientOptions extends SessionOptions {
  /** Four numbers, or `localhost`. Default 127.0.0.1. */
  host?: string
  port: number
}

// #region connect
/**
 * Connects without waiting, and calls back with the client of step 02. Errors: SystemError
 * ECONNREFUSED, ETIMEDOUT, EMFILE ... (connect(2)). Throws RangeError if the address is none.
 */
export function connect(loop: Loop, options: ClientOptions, callback: Callback<Client>): void {
  const address = checkAddress({ host: options.host ?? '127.0.0.1', port: options.port })
  try {
    begin(loop, address, options, callback)
  } catch (error) {
    // Known already, but not told yet: the lines after this call have not run.
    loop.defer(() => callback(error as Error, undefined as never))
  }
}

function begin(loop: Loop, address: Address, options: ClientOptions, callback: Callback<Client>): void {
  const { syscalls } = loop
  const fd = check(syscalls.socket(), 'socket')
  const decided = (error: number) => {
    loop.unwatch(fd)
    if (error < 0) return fail(new SystemError(error, 'connect', address))
    const label = trace.on ? syscalls.localAddress(fd).port : 0
    const client = new Client(
      (events) => new Connection(loop, fd, events, { label, ...options }).session,
      label,
      (job) => loop.defer(job),
    )
    callback(null, client)
  }
  const fail = (error: unknown) => {
    syscalls.close(fd)
    callback(error as Error, undefined as never)
  }
  try {
    syscalls.setNonBlocking(fd, true)
    syscalls.setOption(fd, 'noDelay', true)
    const begun = syscalls.connect(fd, address)
    const goesOn = begun === 0 || begun === EINPROGRESS || begun === EINTR
    loop.watch(fd, goesOn ? WRITE : 0, {
      writable() {
        const error = syscalls.getOption(fd, 'error')
        if (error < 0 || isConnected(syscalls, fd)) decided(error)
      },
      failed() {},
    })
    if (!goesOn) loop.defer(() => decided(begun))
  } catch (error) {
    syscalls.close(fd)
    throw error
  }
}

/** No error is not success yet: a selector may have said "ready" too early. */
function isConnected(syscalls: Syscalls, fd: number): boolean {
  try {
    return syscalls.remoteAddress(fd).port > 0
  } catch (error) {
    if ((error as SystemError).errno === ENOTCONN) return false
    throw error
  }
}
// #endregion
