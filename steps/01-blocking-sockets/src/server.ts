import { writeSync } from 'node:fs'
import { check, EBADF, ECONNABORTED, EINTR, EINVAL, syscalls as kernel } from '@rpc-steps/sockets'
import type { Address, Syscalls } from '@rpc-steps/sockets'
import { trace } from '@rpc-steps/trace'
import { DisconnectedError } from '@rpc-steps/wire'
import type { Request, Respond } from '@rpc-steps/wire'
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
      serveOne(client, handler, options)
    } else if (client === EINVAL || client === EBADF) {
      return
    } else if (client !== EINTR && client !== ECONNABORTED) {
      // EMFILE and the like: the client still waits, so accept would fail again at once.
      syscalls.sleep(retryTime)
    }
  }
}
// #endregion

// #region one
/** Answers one client until it has ended: it has the thread to itself. */
function serveOne(fd: number, handler: Handler, options: ConnectionOptions): void {
  const { syscalls = kernel } = options
  const label = trace.on ? clientPort(fd, syscalls) : 0
  const connection = new Connection(fd, { request }, { framing: 'auto', log: logLine, label, ...options })
  const { session } = connection

  function request(request: Request, respond: Respond): void {
    let result
    try {
      result = handler(request, { sleep, label })
    } catch (error) {
      // When the client was lost while the handler slept, there is nobody to answer.
      if (!session.over) respond(error ?? new Error('the handler threw nothing'))
      return
    }
    respond(null, result)
  }

  function sleep(ms: number): void {
    connection.flush()
    if (session.over) throw new DisconnectedError()
    trace.enter('kernel', 'sleep')
    syscalls.sleep(ms)
    trace.leave('kernel', 'sleep')
  }

  while (!session.over) connection.turn()
}
// #endregion

function clientPort(fd: number, syscalls: Syscalls): number {
  try {
    return syscalls.remoteAddress(fd).port
  } catch {
    return 0 // gone already, as the first recv will find out
  }
}

// Not console.error: in a worker thread that leaves the writing to the main thread, and to a
// moment in which the worker may be asleep.
function logLine(line: string): void {
  try {
    writeSync(2, line + '\n')
  } catch {
    // Nobody reads the log any more (EPIPE, EAGAIN): no reason to stop serving.
  }
}
