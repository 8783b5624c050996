import { EAGAIN, EINTR, SystemError } from '@rpc-steps/sockets'
import { Alarm, Session } from '@rpc-steps/session'
import type { SessionEvents, SessionOptions } from '@rpc-steps/session'
import type { Loop, Watcher } from './loop.ts'
import { READ, WRITE } from './selector.ts'

/** What a connection reports to the client or server that it belongs to. */
export interface ConnectionEvents extends Omit<SessionEvents, 'wake'> {
  /** Once: the socket has been closed. */
  closed(cause: unknown): void
}

/** Drives a session over a non-blocking socket: does what can be done now, and asks to be told when more can. */
export class Connection implements Watcher {
  readonly session: Session
  readonly #loop: Loop
  readonly #fd: number
  readonly #events: ConnectionEvents
  readonly #alarm: Alarm
  /** What the kernel had no room for. */
  #rest: Buffer | undefined
  /** The peer has sent its last byte. */
  #eof = false
  #turnIsSet = false
  #closed = false

  /** Takes over `fd`, and closes it when all is over. */
  constructor(loop: Loop, fd: number, events: ConnectionEvents, options: SessionOptions) {
    this.#loop = loop
    this.#fd = fd
    this.#events = events
    this.#alarm = new Alarm(loop, () => this.#turn())
    this.session = new Session({ ...events, wake: (enough) => this.#wake(enough) }, options)
    loop.watch(fd, READ, this)
  }

  // #region read
  /** Once a turn and no more, however much there is: the others are waiting too. */
  readable(): void {
    const { buffer, syscalls } = this.#loop
    const length = syscalls.recv(this.#fd, buffer)
    if (length > 0) this.session.received(buffer, length)
    else if (length === 0) this.#receivedEnd()
    else if (length !== EAGAIN && length !== EINTR) this.session.closed(new SystemError(length, 'recv'))
    this.#wake(false)
  }

  #receivedEnd(): void {
    this.#eof = true
    this.session.ended()
  }
  // #endregion

  // #region write
  writable(): void {
    this.#turn()
  }

  /** What is sent in one turn leaves together, when all its callbacks have run. */
  #wake(enough: boolean): void {
    if (enough && this.#rest === undefined) this.#write()
    if (this.#turnIsSet) return
    this.#turnIsSet = true
    this.#loop.beforeSleep(this.#turn)
  }

  #write(): void {
    if (this.#closed) return
    for (let bytes; (bytes = this.#rest ?? this.session.next()) !== undefined; ) {
      const count = this.#loop.syscalls.send(this.#fd, bytes, 0, bytes.length)
      this.#rest = count === bytes.length ? undefined : bytes.subarray(Math.max(0, count))
      if (count > 0) this.session.took(count)
      else if (count === EINTR) continue
      else if (count !== EAGAIN) return this.session.closed(new SystemError(count, 'send'))
      // Taken in part means that there is no more room: the next send could only say EAGAIN.
      if (this.#rest !== undefined) return
    }
  }
  // #endregion

  // #region turn
  readonly #turn = () => {
    this.#turnIsSet = false
    if (this.#closed) return
    this.#write()
    const ends = this.session.takeEnd()
    if (this.session.over) return this.#close()
    if (ends) this.#loop.syscalls.shutdown(this.#fd, 'write')
    try {
      this.#updateInterest()
    } catch (error) {
      return this.failed(error)
    }
    if (this.session.isTimed) this.#alarm.set(this.session.tick(this.#loop.now()))
  }

  /**
   * Room to write is interesting only while something waits for it: a socket has room nearly
   * always, so a loop that keeps asking never sleeps. Bytes to read are not, while the session
   * wants none; and after the end there are none, but it would be reported for ever.
   */
  #updateInterest(): void {
    const reads = !this.#eof && this.session.reads
    const writes = this.#rest !== undefined
    this.#loop.modify(this.#fd, (reads ? READ : 0) | (writes ? WRITE : 0))
  }

  #close(): void {
    this.#closed = true
    this.#alarm.stop()
    this.#loop.unwatch(this.#fd)
    this.#loop.syscalls.close(this.#fd)
    this.session.closed()
    this.#events.closed(this.session.cause)
  }
  // #endregion

  failed(error: unknown): void {
    this.session.closed(error)
    if (!this.#closed) this.#close()
  }
}
