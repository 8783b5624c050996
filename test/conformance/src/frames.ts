import { isUtf8 } from 'node:buffer'

export type Framing = 'content-length' | 'newline'

/** What the server sent, cut into frames. `raw` is all of it, header included. */
export type Received =
  | { readonly kind: 'message'; readonly raw: string; readonly bodyAt: number }
  /** Bytes that are no frame; `at` is the offset in `raw` where that shows. */
  | { readonly kind: 'noise'; readonly raw: string; readonly at: number; readonly says: string }

/** Wraps a body for sending. */
export function frame(framing: Framing, body: Buffer): Buffer {
  if (framing === 'newline') return Buffer.concat([body, Buffer.from('\n')])
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body])
}

/** More than any right answer has. */
const most = 32 * 1024 * 1024

/**
 * Reads what a server writes, knowing nothing of the code under test. It asks for the length
 * first and in the one spelling that every parser takes, `Content-Length: N`; other header
 * fields may follow. It stops at the first byte that breaks a rule.
 */
export class FrameReader {
  #bytes = Buffer.alloc(0)
  #broken = false
  readonly #framing: Framing

  constructor(framing: Framing) {
    this.#framing = framing
  }

  /** It has stopped: what came is no message, and nothing after it is looked at. */
  get broken(): boolean {
    return this.#broken
  }

  /** What came and is no whole message. */
  get rest(): Buffer {
    return this.#bytes
  }

  push(chunk: Buffer): Received[] {
    // What follows on something broken is of no use, and may have no end.
    if (this.#broken) return []
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    const received: Received[] = []
    while (!this.#broken) {
      const next = this.#framing === 'newline' ? this.#nextLine() : this.#nextFrame()
      if (!next && this.#bytes.length > most) received.push(this.#noise(0, `no message has more than ${most} bytes`))
      if (!next) break
      received.push(next)
    }
    return received
  }

  /** The connection has ended: half a frame is noise. */
  end(): Received[] {
    if (this.#broken || this.#bytes.length === 0) return []
    return [this.#noise(this.#bytes.length, 'the connection ended inside this frame')]
  }

  #nextLine(): Received | undefined {
    const end = this.#bytes.indexOf('\n')
    return end < 0 ? undefined : this.#take(0, end + 1)
  }

  #nextFrame(): Received | undefined {
    const headerEnd = this.#bytes.indexOf('\r\n\r\n')
    const header = this.#bytes.toString('latin1', 0, headerEnd < 0 ? undefined : headerEnd)
    const strict = 'Content-Length: '
    const same = [...strict].findIndex((char, i) => header[i] !== char)
    if (same >= 0 && same < header.length) {
      return this.#noise(same, 'a frame begins with "Content-Length: "')
    }
    if (headerEnd < 0) {
      // What no header can be is wrong as soon as it is there, and not when nothing follows.
      const wrong = /[^\r](?=\n)|\r(?=[^\n])|\r\n(?![\w-]*(:|\r?$)|\r?$)/.exec(header)
      const says = 'CR LF ends a line of the header, and an empty line the header'
      return wrong ? this.#noise(wrong.index + wrong[0].length, says) : undefined
    }
    const length = /^Content-Length: (\d+)(\r\n[\w-]+: [^\r\n]*)*$/.exec(header)?.[1]
    if (length === undefined) return this.#noise(strict.length, 'digits, then CR LF, must follow')
    const bodyAt = headerEnd + 4
    const end = bodyAt + Number(length)
    return this.#bytes.length < end ? undefined : this.#take(bodyAt, end)
  }

  #take(bodyAt: number, end: number): Received {
    const bytes = this.#bytes.subarray(0, end)
    if (!isUtf8(bytes)) return this.#noise(bodyAt, 'the body is not UTF-8')
    this.#bytes = this.#bytes.subarray(end)
    return { kind: 'message', raw: bytes.toString(), bodyAt }
  }

  #noise(at: number, says: string): Received {
    this.#broken = true
    // Latin-1, so that one byte is one character and the offset holds.
    return { kind: 'noise', raw: this.#bytes.toString('latin1'), at, says }
  }
}
