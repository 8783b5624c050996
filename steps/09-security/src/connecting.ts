import { once } from 'node:events'
import { isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Peer } from '@rpc-steps/async-await'
import type { Address, Call, PeerOptions } from '@rpc-steps/async-await'
import type { Credentials } from './credentials.ts'

/** How to connect. */
export interface SecureConnectOptions extends PeerOptions {
  /** What is shown, if anything, and whom to believe that the server is who it says. */
  credentials: Credentials
  /** The server's name, if it is not the host. */
  servername?: string | undefined
  signal?: AbortSignal
}

// #region connect
/** Connects by TLS 1.3, and knows who is there. Rejects with Node's errors, or with the signal's reason. */
export async function connectSecurely(
  { host, port }: Address,
  { credentials, servername = isIP(host) === 0 ? host : undefined, signal, ...options }: SecureConnectOptions,
): Promise<Peer> {
  signal?.throwIfAborted()
  const name = servername === undefined ? {} : { servername }
  const socket = connectTls({ host, port, ...credentials, ...name, minVersion: 'TLSv1.3' })
  socket.setNoDelay(true)
  try {
    await once(socket, 'secureConnect', signal ? { signal } : {})
  } catch (error) {
    socket.destroy()
    throw signal?.aborted ? signal.reason : error
  }
  return new Peer(socket, { label: socket.localPort ?? 0, ...options })
}
// #endregion

// #region with-token
/** A call that says by a token who it comes from. */
export function withToken(call: Call, token: string): Call {
  return (method, params, options) => {
    const extras = () => {
      const given = options?.extras?.()
      return { ...given, meta: { ...given?.meta, token } }
    }
    return call(method, params, { ...options, extras })
  }
}
// #endregion
