import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { actsOf, faults as allFaults, usualStall } from './acts.ts'
import type { Act, Badness, Fault, Way } from './acts.ts'

/** Where somebody listens. */
export interface Address {
  host: string
  port: number
}

/** What happens to a connection; they are counted from 1. */
export interface News {
  connection: number
  /** An act begins, the connection is there or gone, or the server cannot be reached. */
  what: 'opened' | 'closed' | 'unreachable' | Fault
  way?: Way
  act?: Act
  /** Bytes that have been handed on: up and down, or on the one way that is named. */
  passed: Readonly<Record<Way, number>>
  /** Why the server cannot be reached. */
  cause?: Error
}

/** How a proxy behaves. What is left out: any free port of this machine, all faults, stalls of a second at most, every second connection cut. */
export interface ProxyOptions extends Partial<Badness> {
  seed: number
  to: Address
  listen?: Address
  told?: (news: News) => void
}

/** A proxy that listens. */
export interface Proxy extends Address {
  /** What it has done so far: how often each fault began, and what became of connections. */
  readonly counts: Readonly<Record<News['what'], number>>
  /** Connections that are not over. */
  readonly open: number
  /** Bytes that it has handed on. */
  readonly passed: number
  /** Ends all connections, and listens no more. */
  close(): void
}

/**
 * A bad network between clients and a server: it hands on all bytes, in their order and unchanged, but
 * split and joined, late, slowly, or not to the end, by a seed. Rejects with Node's SystemError.
 */
export async function chaosProxy(options: ProxyOptions): Promise<Proxy> {
  const { seed, to, faults = allFaults, longest = usualStall, share = 0.5, listen = { host: '127.0.0.1', port: 0 }, told } = options
  const badness = { seed, faults, longest, share }
  const events = ['opened', 'closed', 'unreachable', ...allFaults] as const
  const counts = Object.fromEntries(events.map((what) => [what, 0])) as Record<News['what'], number>
  const sockets = new Set<Socket>()
  let [open, last, total] = [0, 0, 0]

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const connection = ++last
    const passed = { up: 0, down: 0 }
    const tell = (what: News['what'], more: Partial<News> = {}) => {
      counts[what]++
      told?.({ connection, what, passed, ...more })
    }
    open++
    tell('opened')
    const other = connect({ ...to, allowHalfOpen: true, noDelay: true })
    const unreachable = (cause: Error) => tell('unreachable', { cause })
    other.once('error', unreachable).once('connect', () => other.off('error', unreachable))
    const both = [client, other]
    const reset = () => {
      for (const socket of both) socket.resetAndDestroy()
    }
    let closed = 0
    for (const socket of both) {
      sockets.add(socket)
      socket.on('error', reset).once('close', () => {
        sockets.delete(socket)
        if (++closed < 2) return
        open--
        tell('closed')
      })
    }
    const carry = (from: Socket, onto: Socket, way: Way) => {
      const acts = actsOf(badness, connection, way)
      const line = new Line(from, onto, reset)
      const handed = (bytes: number) => {
        passed[way] += bytes
        total += bytes
      }
      const begin = (act: Act) => act.fault && tell(act.fault, { way, act })
      line.carry(acts, begin, handed).catch(reset)
    }
    carry(client, other, 'up')
    carry(other, client, 'down')
  })

  server.listen(listen)
  await once(server, 'listening')
  const { address: host, port } = server.address() as AddressInfo
  return {
    host,
    port,
    counts,
    get open() {
      return open
    },
    get passed() {
      return total
    },
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

/** One way of a connection. */
class Line {
  readonly #from: Socket
  readonly #onto: Socket
  readonly #reset: () => void
  #wake = () => {}

  constructor(from: Socket, onto: Socket, reset: () => void) {
    this.#from = from
    this.#onto = onto
    this.#reset = reset
    const wake = () => this.#wake()
    for (const event of ['readable', 'end', 'close']) from.on(event, wake)
    for (const event of ['drain', 'close']) onto.on(event, wake)
  }

  /** Until the end of what comes, or a cut. */
  async carry(acts: Iterable<Act>, begin: (act: Act) => void, passed: (bytes: number) => void): Promise<void> {
    for (const act of acts) {
      if (act.bytes > 0 && !(await this.#some())) return void this.#onto.end()
      begin(act)
      if (act.fault === 'reset') return this.#reset()
      if (act.fault === 'half-close') return this.#halfClose()
      if (act.fault === 'delay' || act.fault === 'stall') await pause(act.ms)
      for (let left = act.bytes; left > 0; ) {
        if (!(await this.#some())) return void this.#onto.end()
        if (act.fault === 'join') await this.#some(left, act.ms)
        const piece = this.#take(Math.min(left, act.size || left))
        left -= piece.length
        if (!(await this.#give(piece))) return
        passed(piece.length)
        if (act.fault === 'split') await turn()
        if (act.fault === 'throttle') await pause(act.ms)
      }
    }
  }

  /** Whether there are bytes to take: waits for as many, or for so long; false at the end of all. */
  async #some(least = 1, ms = Infinity): Promise<boolean> {
    const from = this.#from
    const late = ms === Infinity ? undefined : pause(ms).then(() => (ms = 0))
    // What is buffered beyond its mark is not read from the kernel: more never comes.
    const enough = Math.min(least, from.readableHighWaterMark)
    while (from.readableLength < enough && ms > 0 && !from.readableEnded && !from.destroyed) {
      from.read(0)
      await Promise.race([this.#event(), ...(late ? [late] : [])])
    }
    return from.readableLength > 0 && !from.destroyed
  }

  #take(most: number): Buffer {
    return this.#from.read(Math.min(most, this.#from.readableLength)) as Buffer
  }

  /** At the pace of whoever reads them. False when nobody does. */
  async #give(bytes: Buffer): Promise<boolean> {
    const onto = this.#onto
    if (!onto.writable) return false
    onto.write(bytes)
    while (onto.writableNeedDrain && !onto.destroyed) await this.#event()
    return !onto.destroyed
  }

  /** Ends this way alone. Whoever sends on must not get stuck, and is heard by nobody. */
  #halfClose(): void {
    this.#onto.end()
    this.#from.removeAllListeners('readable').resume()
  }

  #event(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }
}

/** It keeps no program from ending. */
async function pause(ms: number): Promise<void> {
  await sleep(ms, undefined, { ref: false })
}
