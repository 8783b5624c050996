import type { Socket } from 'node:net'
import { accepting, serving } from '@rpc-steps/async-await'
import type { Address, Handler, Peer, PeerOptions, Server } from '@rpc-steps/async-await'
import { Admission } from './admission.ts'
import type { AdmissionLimits } from './admission.ts'
import type { Credentials } from './credentials.ts'
import { gate, introduce } from './gate.ts'
import type { GateOptions } from './gate.ts'

/** How a server that knows its visitors behaves. */
export interface SecureOptions extends PeerOptions, Pick<GateOptions, 'credentials' | 'audit' | 'open'> {
  admission?: Partial<AdmissionLimits> | Admission
}

/** A server that listens. */
export interface SecureServer extends Server {
  readonly admission: Admission
  /** New connections see these; those that there are stay. Throws if they are none, and changes nothing. */
  renew(credentials: Credentials): void
}

/** Listens, and lets in who may come in. Rejects with Node's SystemError. */
export async function listenSecurely(handler: Handler, address: Address, options: SecureOptions = {}): Promise<SecureServer> {
  const { credentials, admission: limits, audit, open, ...peerOptions } = options
  const admission = limits instanceof Admission ? limits : new Admission(limits, { audit, ...(options.clock && { clock: options.clock }) })

  const { accept, peers } = accepting((stream) => {
    const guest = door.admit(stream)
    if (!guest) return undefined
    const extensions = [(peer: Peer) => introduce(peer, guest), ...(options.extensions ?? [])]
    return { handler, label: (stream as Socket).remotePort ?? 0, framing: 'auto', ...peerOptions, extensions }
  })
  const door = gate(accept, { admission, credentials, audit, open })
  const server = await serving(door.server, peers, address, options)
  const close = () => {
    const closed = server.close()
    admission.dismissStrangers()
    return closed
  }
  return { ...server, admission, close, renew: door.renew, [Symbol.asyncDispose]: close }
}
