import { completionFlags, EAGAIN, ECANCELED, EINTR, ENOBUFS, SystemError } from '@rpc-steps/sockets'
import type { ConnectionEvents } from '@rpc-steps/event-loop'
import { Alarm, Session } from '@rpc-steps/session'
import type { SessionOptions } from '@rpc-steps/session'
import type { Loop } from './loop.ts'
import type { Listener } from './rings.ts'

/** Bytes of one connection in one turn that are no reason to look after the others. */
const share = 16 * 1024

/** Drives a session over the rings: one receive is in flight while it reads, and one send while there is something to send. */
export class Connection {
  readonly session: Session
  readonly #loop: Loop
  readonly #fd: number
  readonly #events: ConnectionEvents
  readonly #alarm: Alarm
  /** The numbers of what is in flight; 0 for nothing. */
  #receiving = 0
  #sending = 0
  /** The receive in flight goes on, and is not for one buffer only. */
  #goesOn = true
  #once = false
  /** Bytes that have come in this turn. */
  #taken = 0
  /** The receive has been asked to end. */
  #pausing = false
  /** What the kernel is sending, or had no room for. */
  #unsent: Buffer | undefined
  /** The peer has sent its last byte. */
  #eof = false
  #turnIsSet = false
  #over = false

  /** Takes over `fd`, and closes it when all is over. */
  constructor(loop: Loop, fd: number, events: ConnectionEvents, options: SessionOptions) {
    this.#loop = loop
    this.#fd = fd
    this.#events = events
    this.#alarm = new Alarm(loop, () => this.#turn())
    this.session = new Session({ ...events, wake: () => this.#wake() }, options)
    this.#read()
  }

  // #region read
  /**
   * One receive is enough for all that will ever come: it goes on until it ends, or until we end it. But
   * it takes all that there is, and the others wait meanwhile. Who sends more than his share in a turn is
   * asked again each time, as long as he fills a buffer.
   */
  #read(): void {
    if (this.#taken > share) this.#once = true
    this.#taken = 0
    const reads = !this.#eof && this.session.reads
    if (this.#receiving === 0) {
      if (!reads) return
      this.#goesOn = !this.#once
      this.#receiving = this.#loop.rings.receive(this.#fd, this.#buffers.group, this.#goesOn, this.#received)
    } else if (!this.#pausing && (!reads || (this.#once && this.#goesOn))) {
      this.#pausing = true
      this.#loop.rings.cancel(this.#receiving)
    }
  }

  get #buffers() {
    return this.#goesOn ? this.#loop.buffers : this.#loop.largeBuffers
  }

  readonly #received: Listener = {
    completed: (length, flags) => {
      if (!(flags & completionFlags.more)) {
        this.#receiving = 0
        this.#pausing = false
      }
      if (flags & completionFlags.buffer) this.#take(length, flags)
      if (length <= 0 && !this.#over) this.#receivedEnd(length)
      this.#wake()
    },
    failed: (error) => this.#failed(error),
  }

  #take(length: number, flags: number): void {
    const buffers = this.#buffers
    const number = buffers.number(flags)
    const bytes = buffers.take(number)
    this.#taken += length
    if (!this.#goesOn) this.#once = length === bytes.length
    try {
      if (length > 0 && !this.#over) this.session.received(bytes, length)
    } finally {
      buffers.giveBack(number)
    }
  }

  #receivedEnd(result: number): void {
    if (result === 0) {
      this.#eof = true
      this.session.ended()
    } else if (result !== ECANCELED && result !== ENOBUFS && result !== EAGAIN && result !== EINTR) {
      this.session.closed(new SystemError(result, 'recv'))
    } else if (result === ENOBUFS) this.#once = false // others have the large ones
  }
  // #endregion

  // #region write
  /** What is sent in one turn leaves together, when all its callbacks have run. */
  #wake(): void {
    if (this.#turnIsSet) return
    this.#turnIsSet = true
    this.#loop.beforeSleep(this.#turn)
  }

  /**
   * One send at a time: the kernel does what is in flight in any order, and bytes have one. If nothing
   * comes after it, nobody has to be woken when it is done.
   */
  #write(): void {
    if (this.#sending !== 0 || this.#over) return
    const { rings } = this.#loop
    const { session } = this
    const hadNoRoom = this.#unsent !== undefined
    this.#unsent ??= session.next()
    if (this.#unsent === undefined) return
    const wakes = hadNoRoom || session.goesOn
    this.#sending = wakes ? rings.send(this.#fd, this.#unsent, this.#sent) : rings.sendNow(this.#fd, this.#unsent, this.#sent)
  }

  readonly #sent: Listener = {
    completed: (count) => {
      this.#sending = 0
      if (count >= 0) {
        const { length } = this.#unsent!
        this.#unsent = count === length ? undefined : this.#unsent!.subarray(count)
        if (!this.#over) this.session.took(count)
      } else if (count !== EAGAIN && count !== EINTR && !this.#over) {
        this.session.closed(new SystemError(count, 'send'))
      }
      this.#wake()
    },
    failed: (error) => this.#failed(error),
  }
  // #endregion

  // #region turn
  readonly #turn = () => {
    this.#turnIsSet = false
    if (this.#over) return this.#closeWhenIdle()
    this.#write()
    const ends = this.session.takeEnd()
    if (this.session.over) return this.#end()
    if (ends) this.#loop.syscalls.shutdown(this.#fd, 'write')
    this.#read()
    // One that rings too early costs nothing; one that is taken back for each message would.
    const at = this.session.tick(this.#loop.now())
    if (at < Infinity) this.#alarm.set(at)
  }
  // #endregion

  // #region end
  /** What is in flight goes on without us until the kernel says that it is done, so it is asked to make haste. */
  #end(): void {
    this.#over = true
    this.#alarm.stop()
    if (this.#receiving !== 0 && !this.#pausing) this.#loop.rings.cancel(this.#receiving)
    if (this.#sending !== 0) this.#loop.rings.cancel(this.#sending)
    this.#closeWhenIdle()
  }

  /** The number of the socket is given back when nothing is in flight that knows it. */
  #closeWhenIdle(): void {
    if (this.#receiving !== 0 || this.#sending !== 0 || this.#closed) return
    this.#closed = true
    this.#loop.syscalls.close(this.#fd)
    this.session.closed()
    this.#events.closed(this.session.cause)
  }

  #closed = false
  // #endregion

  #failed(error: unknown): void {
    this.session.closed(error)
    if (!this.#over) this.#end()
    this.#wake()
  }
}
