import { Duplex } from 'node:stream'

/** stdin and stdout of this process as one stream, for a peer. Whatever else is printed has to go to stderr from here on. */
export function stdio(): Duplex {
  // A stray word of some library between two messages would be the end of the conversation.
  console.log = console.info = console.debug = console.error
  return Duplex.from({ readable: process.stdin, writable: process.stdout })
}
