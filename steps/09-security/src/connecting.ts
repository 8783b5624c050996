import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { connect, Peer } from '@rpc-steps/async-await'
import type { Address, Call, PeerOptions } from '@rpc-steps/async-await'
import { UsageError } from '@rpc-steps/cli'
import { readCredentials } from './credentials.ts'
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

/** Connects to a server. */
export type Dial = (address: Address, options: PeerOptions & { signal?: AbortSignal }) => Promise<Peer>

/** How a client shows who it is, as its command line says: which connections it makes, and what it says beside a call. */
export interface Introduction {
  /** What is shown, and whom to believe; without them there is no TLS. */
  credentials: Credentials | undefined
  token: string | undefined
  dial: Dial
  /** A call that says beside its request who asks, if that is by a token. */
  introduce: (call: Call) => Call
}

/** Reads it from a folder of certificates, and from the file of a token. Rejects with UsageError, or if a file is wrong. */
export async function introduction({ certificates, as, token }: {
  certificates: string | undefined
  as: string | undefined
  token: string | undefined
}): Promise<Introduction> {
  if (certificates === undefined) {
    if (as === undefined && token === undefined) return { credentials: undefined, token: undefined, dial: connect, introduce: (call) => call }
    throw new UsageError('--as and --token need --certificates: on a plain connection everybody on the way could read it')
  }
  const credentials = await readCredentials(certificates, as)
  const text = token === undefined ? undefined : (await readFile(token, 'utf8')).trim()
  return {
    credentials, token: text,
    dial: (address, options) => connectSecurely(address, { ...options, credentials }),
    introduce: (call) => (text === undefined ? call : withToken(call, text)),
  }
}
