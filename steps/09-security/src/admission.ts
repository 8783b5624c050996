import { isIP } from 'node:net'
import type { Socket } from 'node:net'
import { Key, systemClock } from '@rpc-steps/async-await'
import type { Clock } from '@rpc-steps/async-await'
import type { Audit } from './audit.ts'

/** How many may come in. Infinity is no limit. */
export interface AdmissionLimits {
  /** Connections of which it is known whose they are, in all. Default 10,000. */
  connections: number
  /** And those of one address. Default 4,000. */
  perAddress: number
  /** Connections of which nobody knows yet. Default 64. */
  strangers: number
  /** Milliseconds in which a stranger must say who they are. Default 5,000. */
  handshake: number
}

export const defaultAdmission: Readonly<AdmissionLimits> = {
  connections: 10_000, perAddress: 4000, strangers: 64, handshake: 5000,
}

/** On a connection: where it comes from, and that its owner is known now. */
export const visitor = new Key<Visitor>('visitor')

/** Somebody who has connected. */
export interface Visitor {
  /** `ADDRESS:PORT`. */
  readonly from: string
  /** What is counted as one address: see `addressOf`. */
  readonly address: string
  /** Whose connection this is has been found out. Ends it, and returns false, if there is no room for more of them. */
  isKnown(): boolean
}

// #region admission
/**
 * Decides at the door, before anything is read or kept. Strangers wait in a room of their own: when
 * that is full, one goes of the address that has most there, and of these the one who has waited longest, since an
 * honest one is through in a moment. So a thousand who say nothing do not keep one out who does.
 */
export class Admission {
  readonly #limits: AdmissionLimits
  readonly #clock: Clock
  readonly #audit: Audit | undefined
  /** Who has waited longest comes first. */
  readonly #strangers = new Set<Entry>()
  readonly #known = new Set<Entry>()
  readonly #byAddress = new Map<string, number>()
  readonly #byEnds = new Map<string, Entry>()

  constructor(limits: Partial<AdmissionLimits> = {}, { clock = systemClock, audit }: { clock?: Clock; audit?: Audit | undefined } = {}) {
    this.#limits = { ...defaultAdmission, ...limits }
    for (const [name, value] of Object.entries(this.#limits)) {
      if (!(value >= 1)) throw new RangeError(`${name} must be 1 or more, not ${value}`)
    }
    this.#clock = clock
    this.#audit = audit
  }

  /** How many there are now. */
  get counts(): { known: number; strangers: number } {
    return { known: this.#known.size, strangers: this.#strangers.size }
  }

  /** Somebody has connected. Undefined if they may not come in: then the connection is ended. */
  enter(socket: Socket): Visitor | undefined {
    const { remoteAddress, remotePort } = socket
    if (remoteAddress === undefined) return void socket.destroy() // gone already
    const from = `${remoteAddress}:${remotePort}`
    const address = addressOf(remoteAddress)
    const ends = endsOf(socket)
    const full = this.#full(address)
    if (full !== undefined) return this.#turnAway(socket, from, full)
    if (this.#strangers.size >= this.#limits.strangers) this.#dismiss(this.#firstToGo(address), 'others came')
    const entry: Entry = {
      from, address, ends, socket, turnedAway: false,
      isKnown: () => this.#admit(entry),
      stop: this.#clock.after(this.#limits.handshake, () => this.#dismiss(entry, 'took too long')),
    }
    this.#strangers.add(entry)
    this.#byEnds.set(ends, entry)
    socket.once('close', () => this.#left(entry))
    return entry
  }

  /** The visitor at the other end of a stream that is led through their socket, as TLS is. */
  of(stream: Ends): Visitor | undefined {
    return this.#byEnds.get(endsOf(stream))
  }

  /** Ends the connections of all strangers. */
  dismissStrangers(): void {
    for (const entry of this.#strangers) entry.socket.destroy()
  }

  /** Who has to go when one more comes from this address. */
  #firstToGo(address: string): Entry {
    const counts = new Map([[address, 1]])
    let [crowd, most] = [address, 0]
    for (const { address } of this.#strangers) {
      const count = (counts.get(address) ?? 0) + 1
      counts.set(address, count)
      if (count > most) [crowd, most] = [address, count]
    }
    return [...this.#strangers].find(({ address }) => address === crowd)!
  }

  #full(address: string): string | undefined {
    if (this.#known.size >= this.#limits.connections) return 'too many connections'
    if ((this.#byAddress.get(address) ?? 0) >= this.#limits.perAddress) return 'too many connections of this address'
    return undefined
  }

  #admit(entry: Entry): boolean {
    if (!this.#strangers.delete(entry)) return !entry.turnedAway
    entry.stop()
    const full = this.#full(entry.address)
    if (full !== undefined) {
      this.#dismiss(entry, full)
      return false
    }
    this.#known.add(entry)
    this.#byAddress.set(entry.address, (this.#byAddress.get(entry.address) ?? 0) + 1)
    return true
  }

  #dismiss(entry: Entry, why: string): void {
    this.#strangers.delete(entry)
    entry.turnedAway = true
    this.#turnAway(entry.socket, entry.from, why)
  }

  #turnAway(socket: Socket, from: string, why: string): undefined {
    this.#audit?.refused('RESOURCE_EXHAUSTED', { from, why })
    socket.destroy()
  }

  #left(entry: Entry): void {
    entry.stop()
    this.#strangers.delete(entry)
    if (this.#byEnds.get(entry.ends) === entry) this.#byEnds.delete(entry.ends)
    if (!this.#known.delete(entry)) return
    const others = this.#byAddress.get(entry.address)! - 1
    if (others > 0) this.#byAddress.set(entry.address, others)
    else this.#byAddress.delete(entry.address)
  }
}
// #endregion

/** The ends of a connection. */
type Ends = { readonly [end in 'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort']?: string | number | undefined }

/** Names a connection: a client may have the same port to two addresses of ours. */
export function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Ends): string {
  return `${remoteAddress}:${remotePort} ${localAddress}:${localPort}`
}

// #region address
/**
 * What somebody has to themselves: an address of IPv4, also when it is written as one of IPv6, or the first
 * half of one of IPv6, since whoever has one has all that begin so (RFC 4291, section 2.5.4).
 */
export function addressOf(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1]
  if (mapped !== undefined || isIP(address) !== 6) return mapped ?? address
  const [head, tail] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''))
  const zeros = Array<string>(8 - head!.length - (tail?.length ?? 0)).fill('0')
  return [...head!, ...zeros, ...(tail ?? [])].slice(0, 4).join(':')
}
// #endregion

interface Entry extends Visitor {
  readonly ends: string
  turnedAway: boolean
  readonly socket: Socket
  /** Takes back the timer. */
  readonly stop: () => void
}
