import { Duplex } from 'node:stream'
import { createFramer, defaultLimits } from '@rpc-steps/wire'
import { WebSocket } from 'ws'
import type { RawData } from 'ws'

/** Bytes that wait in a WebSocket, above which nothing more is given to it. */
const highWater = 64 * 1024
/** What we send has been measured already. */
const limits = { ...defaultLimits, body: Infinity }

// #region message-stream
/**
 * A WebSocket as a stream of frames, for a peer: each message that comes is a frame, and each frame that is
 * written leaves as one message. If nobody reads here nothing is read there, and a write is done when the
 * socket has room: so back-pressure is that of the connection, both ways.
 */
export class MessageStream extends Duplex {
  readonly #socket: WebSocket
  readonly #framer = createFramer('content-length', limits)
  #error: Error | undefined
  #written: ((error?: Error | null) => void) | undefined

  constructor(socket: WebSocket) {
    super({ readableHighWaterMark: highWater, writableHighWaterMark: highWater })
    this.#socket = socket
    socket.on('message', (data, isBinary) => this.#received(data, isBinary))
    // Such as a message that is too large. The other end is told why; then it closes.
    socket.on('error', (error) => (this.#error ??= error))
    socket.on('close', () => this.#closed())
    // Once all that came has been read; there is no half of a WebSocket that could go on.
    this.once('end', () => this.destroy())
  }

  #received(data: RawData, isBinary: boolean): void {
    if (isBinary) return this.#socket.close(1003, 'text, please')
    const body = data as Buffer
    this.push(`Content-Length: ${body.length}\r\n\r\n`)
    if (!this.push(body)) this.#socket.pause()
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    const socket = this.#socket
    this.#framer.push(chunk)
    for (let text; (text = this.#framer.next()) !== undefined; ) socket.send(text, this.#sent)
    if (socket.bufferedAmount < highWater) callback()
    else this.#written = callback
  }

  readonly #sent = (error?: Error | null) => {
    if (!error && this.#socket.bufferedAmount >= highWater) return
    const written = this.#written
    this.#written = undefined
    written?.(error)
  }

  /** Our end: the other end of a WebSocket answers it with its own. */
  override _final(callback: () => void): void {
    this.#socket.close(1000)
    callback()
  }

  #closed(): void {
    if (this.#error) return void this.destroy(this.#error)
    this.#sent(new Error('the WebSocket has closed'))
    this.push(null)
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    if (this.#socket.readyState !== WebSocket.CLOSED) this.#socket.terminate()
    callback(error)
  }
}
// #endregion
