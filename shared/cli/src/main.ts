import { DisconnectedError, FramingError, RpcError } from '@rpc-steps/wire'
import { UsageError } from './options.ts'

/**
 * Runs a program. What it throws becomes one clear line on stderr and exit code 1; only for
 * errors that nobody foresaw is there a stack.
 */
export async function main(program: () => void | Promise<void>): Promise<void> {
  endWithReader()
  try {
    await program()
  } catch (error) {
    console.error(describe(error))
    process.exitCode = 1
  }
}

/** `... | head` reads a few lines and leaves: then nobody wants the rest. */
export function endWithReader(): void {
  process.stdout.on('error', (error: SystemError) => {
    if (error.code === 'EPIPE') process.exit()
    throw error
  })
}

interface SystemError extends Error {
  code: string
  address?: string
  port?: number
}

/** What went wrong and what to do about it, in one line; of an error that nobody foresaw, the stack. */
export function describe(error: unknown): string {
  const text = describeForeseen(error)
  // Some of it came from the peer, who may have put in line ends or codes that move the cursor.
  if (text !== undefined) return text.replace(/\p{Cc}+/gu, ' ')
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function describeForeseen(error: unknown): string | undefined {
  if (error instanceof RpcError) {
    const { message, code, data } = error
    const more = data === undefined ? '' : `: ${typeof data === 'string' ? data : JSON.stringify(data)}`
    return `${message} (${code})${more}`
  }
  if (error instanceof UsageError) return `${error.message}; --help says more`
  if (error instanceof DisconnectedError) {
    const { message, cause } = error
    return cause === undefined ? message : `${message}: ${describeForeseen(cause) ?? String(cause)}`
  }
  if (error instanceof FramingError) return `the peer does not speak this protocol: ${error.message}`
  // A name with several addresses, each of which was tried: the first error says enough.
  if (error instanceof AggregateError) return describeForeseen(error.errors[0])
  if (isSystemError(error)) return describeSystemError(error)
  return undefined
}

/** Whoever gave an error a code foresaw it; but TypeError and RangeError are mistakes of ours. */
function isSystemError(error: unknown): error is SystemError {
  if (error instanceof TypeError || error instanceof RangeError) return false
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}

function describeSystemError({ message, code, address, port }: SystemError): string {
  const at = port === undefined ? '' : `:${port}`
  const where = address === undefined ? 'that address' : `${address}${at}`
  switch (code) {
    case 'ECONNREFUSED':
      return `nobody listens on ${where} (${code}): start a server first, or check --port`
    case 'EADDRINUSE':
      return `${where} is in use (${code}): stop the program that has it, or take --port 0`
    case 'EADDRNOTAVAIL':
      return `${where} is not an address of this machine (${code}): check --host`
    case 'EACCES':
      if (address === undefined) return message
      return `no right to use ${where} (${code}): take a port above 1023`
    case 'ENOTFOUND':
      return `${message}: no such host; check --host`
    default:
      return message
  }
}
