import { EAGAIN, EINTR } from '@rpc-steps/sockets'
import type { Syscalls } from '@rpc-steps/sockets'

const nothing = Buffer.alloc(0)
/** For the bytes of one send. A character is at most three of them. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024)

/**
 * What one connection has to send: the frames of this turn, joined, and in front of them what
 * the kernel has not taken yet. No more than that, so a slow peer costs no copying.
 */
export class Outbox {
  #joined = ''
  #bytes = nothing
  #sent = 0

  /** Characters and bytes that wait (for ASCII text they are the same). */
  get held(): number {
    return this.#joined.length + this.#bytes.length - this.#sent
  }

  add(frame: string): void {
    this.#joined += frame
  }

  /** Hands over as much as the kernel takes now. Returns a negated error number, or 0. */
  write(syscalls: Syscalls, fd: number): number {
    // What fits is written where all connections write, which saves each a buffer of its own.
    if (this.#sent === this.#bytes.length && this.#joined !== '' && this.#joined.length * 3 <= scratch.length) {
      const length = scratch.write(this.#joined)
      this.#joined = ''
      const taken = syscalls.send(fd, scratch, 0, length)
      if (taken === length) return 0
      // The rest must survive the next connection.
      this.#bytes = Buffer.from(scratch.subarray(Math.max(taken, 0), length))
      this.#sent = 0
      return taken < 0 && taken !== EAGAIN && taken !== EINTR ? taken : 0
    }
    while (this.held > 0) {
      if (this.#sent === this.#bytes.length) {
        this.#bytes = Buffer.from(this.#joined)
        this.#joined = ''
        this.#sent = 0
      }
      const { length } = this.#bytes
      const taken = syscalls.send(fd, this.#bytes, this.#sent, length - this.#sent)
      if (taken === EINTR) continue
      if (taken < 0) return taken === EAGAIN ? 0 : taken
      this.#sent += taken
      // Taken in part means that there is no more room: the next send could only say EAGAIN.
      if (this.#sent < length) return 0
      this.#bytes = nothing
      this.#sent = 0
    }
    return 0
  }
}
