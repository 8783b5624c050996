import { check, EBADF, ECONNABORTED, EINTR, EINVAL, syscalls as kernel } from '@rpc-steps/sockets'
import type { Address, Syscalls } from '@rpc-steps/sockets'
import { trace } from '@rpc-steps/trace'
import { Connection } from './connection.ts'
import type { ConnectionOptions } from './connection.ts'
import type { Handler } from './handler.ts'

/** A listening socket, and where it listens. */
export interface Listener extends Address {
  readonly fd: number
}

/** Connections that wait in the kernel for their turn, at most; it may allow fewer. listen(2) */
const backlog = 4096
/** Milliseconds until accept is tried again when the system had no room for a connection. */
const retryTime = 100

/** Opens a port. Throws SystemError, for example EADDRINUSE. */
export function listen(address: Address, syscalls: Syscalls = kernel): Listener {
  const fd = check(syscalls.socket(), 'socket')
  try {
    // So that a server can be started again at once, while connections that the last one closed
    // are still kept in TIME_WAIT. socket(7), ip(7)
    check(syscalls.setOption(fd, 'reuseAddress', true), 'setsockopt')
    check(syscalls.bind(fd, address), 'bind', address)
    check(syscalls.listen(fd, backlog), 'listen', address)
    return { ...syscalls.localAddress(fd), fd }
  } catch (error) {
    syscalls.close(fd)
    throw error
  }
}

// #region serve
/** Serves one client after the other. Returns when the listening socket is shut down or closed. */
export function serve(
  { fd }: Pick<Listener, 'fd'>,
  handler: Handler,
  options: ConnectionOptions = {},
): void {
  const { syscalls = kernel } = options
  for (;;) {
    trace.enter('kernel', 'accept')
    const client = syscalls.accept(fd)
    trace.leave('kernel', 'accept')
    if (client >= 0) {
      // Each send is as large as it should be: nothing is gained by waiting for more. tcp(7)
      syscalls.setOption(client, 'noDelay', true)
      new Connection(client, handler, options).serve()
    } else if (client === EINVAL || client === EBADF) {
      return
    } else if (client !== EINTR && client !== ECONNABORTED) {
      // EMFILE and the like: the client still waits, so accept would fail again at once.
      syscalls.sleep(retryTime)
    }
  }
}
// #endregion
