import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Address } from '../connections.ts'
import { patience } from '../connections.ts'

/** What is done with a connection of its own, one after the other: bytes are written; the end is sent; it is waited. */
export type Move = Buffer | 'end' | 'wait'

/** What a server made of that. */
export interface Heard {
  readonly bytes: Buffer
  /** Moves that had been made when the first byte came; 0 when none came. */
  readonly after: number
  /** Whether the server has ended the connection. */
  readonly ended: boolean
  /** There was no connection. */
  readonly refused: boolean
}

/** The call that is answered by whoever answers at all. */
export const plain = framed('{"jsonrpc":"2.0","id":1,"method":"say","params":{"text":"Hello, server!"}}')

export function framed(body: string | Buffer): Buffer {
  const bytes = Buffer.from(body)
  return Buffer.concat([Buffer.from(`Content-Length: ${bytes.length}\r\n\r\n`), bytes])
}

/**
 * Asks a server one thing more, on a connection of its own, to tell two causes apart. Waits for at most
 * `window` milliseconds at each `wait` and at the end, and no longer than until so many replies are there.
 * `there` is a connection that is there already.
 */
export async function ask(address: Address, window: number, moves: readonly Move[], replies = 1, there?: Socket): Promise<Heard> {
  const socket = there ?? connect({ ...address, noDelay: true, allowHalfOpen: true })
  const chunks: Buffer[] = []
  let [after, made, ended] = [0, 0, false]
  let wake = () => {}
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    if (chunks.length === 0) after = made
    chunks.push(chunk)
    wake()
  })
  const close = () => ((ended = true), wake())
  socket.once('end', close).once('close', close)
  const wait = (enough: () => boolean) => patience(window, () => ended || enough(), (other) => (wake = other))
  try {
    if (!there) await once(socket, 'connect', { signal: AbortSignal.timeout(Math.max(window, 500)) })
  } catch {
    socket.destroy()
    return { bytes: Buffer.alloc(0), after: 0, ended: true, refused: true }
  }
  try {
    for (const move of moves) {
      made++
      if (move === 'end') socket.end()
      else if (move !== 'wait') socket.write(move)
      else await wait(() => chunks.length > 0)
    }
    await wait(() => answersIn(Buffer.concat(chunks)) >= replies)
    return { bytes: Buffer.concat(chunks), after, ended, refused: false }
  } finally {
    socket.destroy()
  }
}

/** Replies with a result in these bytes, in either framing. */
export function resultsIn(bytes: Buffer): number {
  return bytes.toString('latin1').match(/"result"\s*:/g)?.length ?? 0
}

function answersIn(bytes: Buffer): number {
  return bytes.toString('latin1').match(/"(result|error)"\s*:/g)?.length ?? 0
}
