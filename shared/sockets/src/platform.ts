import { checkAddress, type Address } from './address.ts'
import { foreseen } from './foreseen.ts'

/** A socket option: its level and its name, for setsockopt(2). */
type Option = readonly [level: number, name: number]

/** What differs between systems: numbers of the C headers and layouts of C structures. */
export interface Platform {
  readonly oNonBlock: number
  /** A flag of socket(2) and accept4(2); macOS needs fcntl(2) afterwards. */
  readonly sockCloexec: number
  /** The flag of send(2) that turns SIGPIPE into EPIPE; macOS has a socket option instead. */
  readonly msgNoSignal: number
  readonly soNoSigpipe: Option | undefined
  readonly options: {
    readonly reuseAddress: Option
    readonly noDelay: Option
    readonly sendBuffer: Option
    readonly receiveBuffer: Option
    readonly sendTimeout: Option
    readonly receiveTimeout: Option
    readonly error: Option
  }
  /** `struct sockaddr_in` begins with its own length, one byte, on systems that come from BSD. */
  readonly sockaddrHasLength: boolean
  /** `struct epoll_event` in 32-bit words: packed on x64, aligned to 8 bytes elsewhere. */
  readonly epollEvent: { readonly words: number; readonly dataWord: number }
}

const IPPROTO_TCP = 6
const noDelay: Option = [IPPROTO_TCP, 1]

const packed = { words: 3, dataWord: 1 }
const aligned = { words: 4, dataWord: 2 }

function linux(epollEvent: Platform['epollEvent']): Platform {
  const SOL_SOCKET = 1
  return {
    oNonBlock: 0x800,
    sockCloexec: 0x80000,
    msgNoSignal: 0x4000,
    soNoSigpipe: undefined,
    options: {
      reuseAddress: [SOL_SOCKET, 2],
      noDelay,
      sendBuffer: [SOL_SOCKET, 7],
      receiveBuffer: [SOL_SOCKET, 8],
      sendTimeout: [SOL_SOCKET, 21],
      receiveTimeout: [SOL_SOCKET, 20],
      error: [SOL_SOCKET, 4],
    },
    sockaddrHasLength: false,
    epollEvent,
  }
}

function darwin(): Platform {
  const SOL_SOCKET = 0xffff
  return {
    oNonBlock: 0x4,
    sockCloexec: 0,
    msgNoSignal: 0,
    soNoSigpipe: [SOL_SOCKET, 0x1022],
    options: {
      reuseAddress: [SOL_SOCKET, 0x4],
      noDelay,
      sendBuffer: [SOL_SOCKET, 0x1001],
      receiveBuffer: [SOL_SOCKET, 0x1002],
      sendTimeout: [SOL_SOCKET, 0x1005],
      receiveTimeout: [SOL_SOCKET, 0x1006],
      error: [SOL_SOCKET, 0x1007],
    },
    sockaddrHasLength: true,
    epollEvent: aligned,
  }
}

const platforms: Readonly<Record<string, Platform>> = {
  'linux-x64': linux(packed),
  'linux-arm64': linux(aligned),
  'darwin-x64': darwin(),
  'darwin-arm64': darwin(),
}

/**
 * The table for one system.
 *
 * @throws Error where the steps that need these calls do not run.
 */
export function platformFor(platform: string, arch: string): Platform {
  const found = platforms[`${platform}-${arch}`]
  if (found) return found
  if (platform === 'win32') {
    throw foreseen(
      'ERR_UNSUPPORTED_SYSTEM',
      'steps 01 and 03 need Linux or macOS; on Windows run them in WSL ' +
        '(https://learn.microsoft.com/windows/wsl)',
    )
  }
  throw foreseen(
    'ERR_UNSUPPORTED_SYSTEM',
    `steps 01 and 03 need Linux or macOS on x64 or arm64; this is ${platform} on ${arch}`,
  )
}

/** The size of `struct sockaddr_in` everywhere, in bytes. */
export const SOCKADDR_SIZE = 16
/** AF_INET everywhere. */
export const AF_INET = 2

/** An address as `struct sockaddr_in`: see ip(7). */
export function encodeSockaddr(platform: Platform, address: Address): Uint8Array {
  const { host, port } = checkAddress(address)
  const bytes = new Uint8Array(SOCKADDR_SIZE)
  if (platform.sockaddrHasLength) {
    bytes[0] = SOCKADDR_SIZE
    bytes[1] = AF_INET
  } else {
    // A 16-bit family in the machine's order; every machine in the table is little-endian.
    bytes[0] = AF_INET
  }
  new DataView(bytes.buffer).setUint16(2, port)
  bytes.set(host.split('.').map(Number), 4)
  return bytes
}

/** The address in a `struct sockaddr_in`. Port and host stand at the same place everywhere. */
export function decodeSockaddr(bytes: Uint8Array): Address {
  const port = new DataView(bytes.buffer, bytes.byteOffset).getUint16(2)
  return { host: bytes.subarray(4, 8).join('.'), port }
}

/** The size of `struct timeval` on every system in the table, in bytes. */
export const TIMEVAL_SIZE = 16

/**
 * Milliseconds as `struct timeval`: seconds, then microseconds, 8 bytes each. macOS has only 4 for
 * the microseconds and 4 of padding, which little-endian makes the same bytes.
 * A time-out of zero means none at all, so a shorter one than a microsecond is made one.
 */
export function encodeTimeval(ms: number): Uint8Array {
  const bytes = new Uint8Array(TIMEVAL_SIZE)
  const view = new DataView(bytes.buffer)
  const microseconds = Math.ceil(ms * 1000)
  view.setInt32(0, Math.floor(microseconds / 1e6), true)
  view.setInt32(8, microseconds % 1e6, true)
  return bytes
}

/** Milliseconds as `struct timespec`: seconds and nanoseconds, 8 bytes each. Zero is no wait. */
export function encodeTimespec(ms: number): Uint8Array {
  const bytes = new Uint8Array(TIMEVAL_SIZE)
  const view = new DataView(bytes.buffer)
  view.setInt32(0, Math.floor(ms / 1000), true)
  view.setInt32(8, Math.floor((ms % 1000) * 1e6), true)
  return bytes
}

/** The milliseconds in a `struct timeval`. */
export function decodeTimeval(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return view.getInt32(0, true) * 1000 + view.getInt32(8, true) / 1000
}
