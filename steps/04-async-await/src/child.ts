import { Duplex } from 'node:stream'
import type { Readable, Writable } from 'node:stream'

/**
 * The stdin and stdout of a child process as one stream, for a peer: what the child prints comes in.
 * `Duplex.from` does the work, but it waits for the end of both, and nobody ends the stdin of a child
 * that has gone.
 */
export function childStream({ stdin, stdout }: { stdin: Writable; stdout: Readable }): Duplex {
  const stream = Duplex.from({ readable: stdout, writable: stdin })
  stream.on('end', () => stdin.destroyed || stdout.closed || stdin.end())
  stdout.on('close', () => stdin.destroy())
  return stream
}
