import { Duplex } from 'node:stream'

/** stdin and stdout of this process as one stream, for a peer. Whatever else is printed has to go to stderr from here on. */
export function stdio(): Duplex {
  // A stray word of some library between two messages would be the end of the conversation.
  console.log = console.info = console.debug = console.error
  const { stdin, stdout } = process
  const stream = Duplex.from({ readable: stdin, writable: stdout })
  // It leaves its halves open when it is destroyed, and a stdin that may still say something keeps the process.
  stream.on('close', () => stdin.destroy())
  return stream
}
