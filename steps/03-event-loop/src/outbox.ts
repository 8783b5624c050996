import { EAGAIN, EINTR } from '@rpc-steps/sockets'
import type { Syscalls } from '@rpc-steps/sockets'

const nothing = Buffer.alloc(0)
/** Where frames become bytes. Nearly always the kernel takes all of them, and it is free again. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024)

/** When this many characters wait, they leave: the peer can work on them while we go on. */
const enough = 4096

/**
 * What one connection has to send: the frames of this turn, joined, and in front of them what
 * the kernel has not taken yet.
 */
export class Outbox {
  #joined = ''
  #rest = nothing

  /** Characters and bytes that wait (for ASCII text they are the same). */
  get held(): number {
    return this.#joined.length + this.#rest.length
  }

  /** True when it is worth a write before the turn ends, and the kernel has room as far as we know. */
  get enough(): boolean {
    return this.#joined.length >= enough && this.#rest === nothing
  }

  add(frame: string): void {
    this.#joined += frame
  }

  /** Hands over as much as the kernel takes now. Returns a negated error number, or 0. */
  write(syscalls: Syscalls, fd: number): number {
    while (this.held > 0) {
      let bytes = this.#rest
      let { length } = bytes
      if (length === 0) {
        // No character of a string takes more than three bytes of UTF-8.
        const fits = 3 * this.#joined.length <= scratch.length
        bytes = fits ? scratch : Buffer.from(this.#joined)
        length = fits ? scratch.write(this.#joined) : bytes.length
        this.#joined = ''
      }
      const taken = syscalls.send(fd, bytes, 0, length)
      const rest = taken === length ? nothing : bytes.subarray(Math.max(0, taken), length)
      this.#rest = bytes === scratch && rest !== nothing ? Buffer.from(rest) : rest
      if (taken === EINTR) continue
      if (taken < 0 && taken !== EAGAIN) return taken
      // Taken in part means that there is no more room: the next send could only say EAGAIN.
      if (this.#rest !== nothing) return 0
    }
    return 0
  }
}
