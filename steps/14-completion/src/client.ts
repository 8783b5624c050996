import { Client } from '@rpc-steps/callbacks'
import type { Callback } from '@rpc-steps/callbacks'
import type { ClientOptions } from '@rpc-steps/event-loop'
import { check, checkAddress, sockaddrOf, SystemError } from '@rpc-steps/sockets'
import type { Address } from '@rpc-steps/sockets'
import { trace } from '@rpc-steps/trace'
import { Connection } from './connection.ts'
import type { Loop } from './loop.ts'

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
  const { syscalls, rings } = loop
  const fd = check(syscalls.socket(), 'socket')
  const failed = (error: unknown) => {
    syscalls.close(fd)
    callback(error as Error, undefined as never)
  }
  const connected = () => {
    const label = trace.on ? syscalls.localAddress(fd).port : 0
    const open = (events: ConstructorParameters<typeof Connection>[2]) =>
      new Connection(loop, fd, events, { label, ...options }).session
    callback(null, new Client(open, label, (job) => loop.defer(job)))
  }
  try {
    syscalls.setOption(fd, 'noDelay', true)
    rings.connect(fd, sockaddrOf(address), {
      completed: (result) => (result < 0 ? failed(new SystemError(result, 'connect', address)) : connected()),
      failed() {},
    })
  } catch (error) {
    syscalls.close(fd)
    throw error
  }
}
// #endregion
