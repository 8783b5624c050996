import { connect, DisconnectedError, Peer } from '@rpc-steps/async-await'
import type { Address, Call } from '@rpc-steps/async-await'
import { addressText } from '@rpc-steps/cli'
import { connectSecurely, withToken } from '@rpc-steps/security'
import type { Credentials } from '@rpc-steps/security'
import { over, streams } from '@rpc-steps/streaming'
import { WebSocket } from 'ws'
import { MessageStream } from './message-stream.ts'
import type { Remote } from './remote.ts'

/** Who asks, and whom they believe that the server is who it says. */
export interface Caller {
  /** What is shown, and whom to believe; without them there is no TLS. */
  credentials?: Credentials | undefined
  token?: string | undefined
}

/** A way to whoever is at the other end of a connection of ours. */
export function overPeer(peer: Peer, { token }: Pick<Caller, 'token'> = {}): Remote {
  const call: Call = token === undefined ? peer.call : withToken(peer.call, token)
  return { ...over(call), close: () => peer.close() }
}

/** The language of all the steps, on TCP or TLS. Rejects with Node's SystemError. */
export async function overTcp(address: Address, { credentials, token }: Caller = {}): Promise<Remote> {
  const options = { extensions: [streams] }
  const peer = await (credentials ? connectSecurely(address, { credentials, ...options }) : connect(address, options))
  return overPeer(peer, { token })
}

/** The same in messages of a WebSocket. Rejects with Node's SystemError, or with DisconnectedError if the server answers something else. */
export async function overWebSocket(address: Address, { credentials, token }: Caller = {}): Promise<Remote> {
  const at = `${credentials ? 'wss' : 'ws'}://${addressText(address)}/`
  const socket = new WebSocket(at, { perMessageDeflate: false, ...credentials })
  // Made before it is open: the server may speak first.
  const peer = new Peer(new MessageStream(socket), { extensions: [streams] })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === undefined ? new DisconnectedError(`no WebSocket was opened: ${error.message}`, { sent: false }) : error)
    })
  })
  return overPeer(peer, { token })
}
