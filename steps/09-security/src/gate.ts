import { constants } from 'node:crypto'
import { createServer as createTcpServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer } from 'node:tls'
import type { TlsOptions, TLSSocket } from 'node:tls'
import type { RequestContext } from '@rpc-steps/async-await'
import { visitor } from './admission.ts'
import type { Admission, Visitor } from './admission.ts'
import type { Audit } from './audit.ts'
import { namedBy } from './credentials.ts'
import type { Credentials } from './credentials.ts'
import { known } from './principal.ts'
import type { Principal } from './principal.ts'

/** Who may come through, and what they are shown. */
export interface GateOptions {
  admission: Admission
  /** What the server shows, and whose signature it believes; without them there is no TLS. */
  credentials?: Credentials | undefined
  audit?: Audit | undefined
  /** Strangers may stay. Otherwise a connection must say whose it is by its certificate, or soon by a token. */
  open?: (() => boolean) | undefined
  /** Protocols that are spoken behind it, by the names of RFC 7301. */
  alpn?: readonly string[] | undefined
}

/** Somebody who has come in. */
export interface Guest {
  readonly visitor: Visitor
  /** Whom their certificate names. */
  readonly principal: Principal | undefined
}

/** From here on it is known whose this peer, or this request, is. */
export function introduce(to: Pick<RequestContext, 'set'>, { visitor: from, principal }: Guest): void {
  to.set(visitor, from)
  if (principal) to.set(known, principal)
}

/** What stands in front of a server, whatever it speaks. */
export interface Gate {
  /** Yet to be told to listen. */
  readonly server: Server
  /** Who is at the other end of an accepted stream; undefined if they may not come in, and then it is to be destroyed. */
  admit(stream: Duplex): Guest | undefined
  /** New connections see these; those that there are stay. Throws if they are none, and changes nothing. */
  renew(credentials: Credentials): void
}

// #region gate
/** Counts who comes and makes TLS of it. `accept` gets each stream when its handshake is done, and asks `admit`. */
export function gate(accept: (stream: Duplex) => void, { admission, credentials, audit, open = () => false, alpn }: GateOptions): Gate {
  const admit = (stream: Duplex): Guest | undefined => {
    const visitor = admission.of(stream as Socket)
    if (!visitor) return undefined // gone meanwhile
    let principal: Principal | undefined
    if (credentials) {
      const shown = shownBy(stream as TLSSocket)
      if (typeof shown === 'string') {
        audit?.refused('UNAUTHENTICATED', { from: visitor.from, why: shown })
        return undefined
      }
      principal = shown
    }
    if ((principal || open()) && !visitor.isKnown()) return undefined
    return { visitor, principal }
  }

  const options = { ...tls, ...(alpn && { ALPNProtocols: [...alpn] }) }
  const secure = credentials && secured({ ...credentials, ...options }, accept, (stream, why) => {
    const from = admission.of(stream)?.from
    // Who has left, or was sent away, was not refused here.
    if (from !== undefined) audit?.refused('UNAUTHENTICATED', { from, why })
  })
  // Who ends in the middle of a handshake has nothing to wait for, and TLS takes this over. A peer lets its other end go first.
  const server = createTcpServer({ noDelay: true, allowHalfOpen: !secure }, (socket) => {
    // Before the handshake: it costs memory, and the processor's time.
    if (!admission.enter(socket)) return
    if (secure) secure.emit('connection', socket)
    else accept(socket)
  })
  return { server, admit, renew: (fresh) => secure?.setSecureContext({ ...fresh, ...tls }) }
}
// #endregion

// #region tls
const tls = {
  minVersion: 'TLSv1.3',
  // A session that is resumed would be believed without its certificate being looked at again.
  secureOptions: constants.SSL_OP_NO_TICKET,
} as const

function secured(options: TlsOptions, accept: (stream: Duplex) => void, failed: (stream: TLSSocket, why: string) => void) {
  // Who shows no certificate may still have a token, so that is no error here. What is shown is looked at in `shownBy`.
  const server = createTlsServer({ ...options, requestCert: true, rejectUnauthorized: false }, accept)
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
