import { createServer as createTcpServer } from 'node:net'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { constants } from 'node:crypto'
import { createServer as createTlsServer } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { accepting, serving } from '@rpc-steps/async-await'
import type { Address, Handler, Peer, PeerOptions, Server } from '@rpc-steps/async-await'
import { Admission, visitor } from './admission.ts'
import type { AdmissionLimits } from './admission.ts'
import type { Audit } from './audit.ts'
import { namedBy } from './credentials.ts'
import type { Credentials } from './credentials.ts'
import { known } from './principal.ts'
import type { Principal } from './principal.ts'

/** How a server that knows its visitors behaves. */
export interface SecureOptions extends PeerOptions {
  /** What the server shows, and whose signature it believes; without them there is no TLS. */
  credentials?: Credentials | undefined
  admission?: Partial<AdmissionLimits>
  audit?: Audit | undefined
  /** Strangers may stay. Otherwise a connection must say whose it is by its certificate, or soon by a token. */
  open?: () => boolean
}

/** A server that listens. */
export interface SecureServer extends Server {
  readonly admission: Admission
  /** New connections see these; those that there are stay. Throws if they are none, and changes nothing. */
  renew(credentials: Credentials): void
}

// #region listen
/** Listens, and lets in who may come in. Rejects with Node's SystemError. */
export async function listenSecurely(handler: Handler, address: Address, options: SecureOptions = {}): Promise<SecureServer> {
  const { credentials, admission: limits, audit, open = () => false, ...peerOptions } = options
  const admission = new Admission(limits, { audit, ...(options.clock && { clock: options.clock }) })

  const { accept, peers } = accepting((stream) => {
    const from = admission.of(stream as Socket)
    if (!from) return undefined // gone meanwhile
    let principal: Principal | undefined
    if (credentials) {
      const shown = shownBy(stream as TLSSocket)
      if (typeof shown === 'string') {
        audit?.refused('UNAUTHENTICATED', { from: from.from, why: shown })
        return undefined
      }
      principal = shown
    }
    if ((principal || open()) && !from.isKnown()) return undefined
    const introduce = (peer: Peer) => {
      peer.set(visitor, from)
      if (principal) peer.set(known, principal)
    }
    const extensions = [introduce, ...(options.extensions ?? [])]
    return { handler, label: (stream as Socket).remotePort ?? 0, framing: 'auto', ...peerOptions, extensions }
  })

  const secure = credentials && secured(credentials, accept, (stream, why) => {
    const from = admission.of(stream)?.from
    // Who has left, or was sent away, was not refused here.
    if (from !== undefined) audit?.refused('UNAUTHENTICATED', { from, why })
  })
  // Who ends in the middle of a handshake has nothing to wait for, and TLS takes this over. A peer lets its other end go first.
  const gate = createTcpServer({ noDelay: true, allowHalfOpen: !secure }, (socket) => {
    // Before the handshake: it costs memory, and the processor's time.
    if (!admission.enter(socket)) return
    if (secure) secure.emit('connection', socket)
    else accept(socket)
  })
  const server = await serving(gate, peers, address, options)
  const close = () => {
    const closed = server.close()
    admission.dismissStrangers()
    return closed
  }
  const renew = (fresh: Credentials) => secure?.setSecureContext({ ...fresh, ...tls })
  return { ...server, admission, close, renew, [Symbol.asyncDispose]: close }
}
// #endregion

// #region tls
const tls = {
  minVersion: 'TLSv1.3',
  // A session that is resumed would be believed without its certificate being looked at again.
  secureOptions: constants.SSL_OP_NO_TICKET,
} as const

function secured(credentials: Credentials, accept: (stream: Duplex) => void, failed: (stream: TLSSocket, why: string) => void) {
  // Who shows no certificate may still have a token, so that is no error here. What is shown is looked at in `shownBy`.
  const server = createTlsServer({ ...credentials, ...tls, requestCert: true, rejectUnauthorized: false }, accept)
  server.on('tlsClientError', (error: NodeJS.ErrnoException, stream) => failed(stream, error.code ?? error.message))
  return server
}

/** The principal of a certificate, undefined if there is none, or why it is not believed. */
function shownBy(socket: TLSSocket): Principal | undefined | string {
  const certificate = socket.getPeerX509Certificate()
  if (!certificate) return undefined
  if (!socket.authorized) return String(socket.authorizationError)
  return namedBy(certificate) ?? 'its certificate has no name of ours'
}
// #endregion
