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
  syscall: string
  address?: string
  port?: number
}

/** What went wrong and what to do about it, in one line. */
export function describe(error: unknown): string {
  if (error instanceof RpcError) {
    const { message, code, data } = error
    const more = data === undefined ? '' : `: ${typeof data === 'string' ? data : JSON.stringify(data)}`
    return `${message} (${code})${more}`
  }
  if (error instanceof UsageError) return `${error.message}; --help says more`
  if (error instanceof DisconnectedError) {
    return error.cause === undefined ? error.message : `${error.message}: ${describe(error.cause)}`
  }
  if (error instanceof FramingError) return `the peer does not speak this protocol: ${error.message}`
  if (isSystemError(error)) return describeSystemError(error)
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'syscall' in error && 'code' in error
}

function describeSystemError({ message, code, address, port }: SystemError): string {
  const where = address === undefined ? 'that address' : `${address}:${port}`
  switch (code) {
    case 'ECONNREFUSED':
      return `nobody listens on ${where} (${code}): start a server first, or check --port`
    case 'EADDRINUSE':
      return `${where} is in use (${code}): stop the program that has it, or take --port 0`
    case 'EADDRNOTAVAIL':
      return `${where} is not an address of this machine (${code}): check --host`
    case 'EACCES':
      return `no right to use ${where} (${code}): take a port above 1023`
    case 'ENOTFOUND':
      return `${message}: no such host; check --host`
    default:
      return message
  }
}
