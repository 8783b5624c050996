import { createRequire } from 'node:module'
import { setupFlags } from './uring.ts'
import type { Uring, UringMemory } from './uring.ts'

// The same numbers on x64 and arm64.
const [SETUP, ENTER, REGISTER] = [425, 426, 427]
const REGISTER_PBUF_RING = 22
const ENTER_EXT_ARG = 1 << 3
const PROT_READ_WRITE = 3
const MAP_SHARED_POPULATE = 0x8001
const [OFF_RINGS, OFF_ENTRIES] = [0, 0x10000000]

/** A C function of fixed parameters. A pointer comes back as a bigint. */
type Call<Result> = (...parameters: (number | bigint | Uint8Array | null)[]) => Result

interface Calls {
  setup: Call<number>
  enter: Call<number>
  register: Call<number>
  mmap: Call<bigint>
  munmap: Call<number>
  close: Call<number>
  errno(): number
  address(bytes: Uint8Array): bigint
  view(pointer: bigint, length: number): ArrayBuffer
}

let loaded: Calls | undefined
function c(): Calls {
  return (loaded ??= load())
}

/** The C library has no functions of these names, so they are called by number: syscall(2). */
function load(): Calls {
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi')
  const library = koffi.load(null)
  const [long, pointer, size] = ['intptr_t', 'void *', 'size_t']
  return {
    setup: library.func('syscall', long, [long, long, pointer]),
    enter: library.func('syscall', long, [long, long, long, long, long, pointer, size]),
    register: library.func('syscall', long, [long, long, long, pointer, long]),
    mmap: library.func('mmap', pointer, [pointer, size, 'int', 'int', 'int', 'int64_t']),
    munmap: library.func('munmap', 'int', [pointer, size]),
    close: library.func('close', 'int', ['int']),
    errno: () => koffi.errno(),
    address: (bytes) => koffi.address(bytes),
    view: (address, length) => koffi.view(address, length),
  }
}

function result(value: number): number {
  return value === -1 ? -c().errno() : value
}

/** What `close` must unmap. */
const mappings = new WeakMap<UringMemory, { pointer: bigint; length: number }[]>()

/** Where `enter` reads its time-out: memory that stays where it is, written for each call. */
class Timeout {
  readonly bytes = Buffer.allocUnsafeSlow(64).fill(0)
  readonly #words = new Uint32Array(this.bytes.buffer)
  readonly #address = c().address(this.bytes)
  #ms = NaN

  /** `struct io_uring_getevents_arg`, in which word 4 says where the `struct timespec` is, if any. */
  set(ms: number): Buffer {
    if (ms === this.#ms) return this.bytes
    this.#ms = ms
    const at = ms < 0 ? 0n : this.#address + 32n
    this.bytes.writeBigUInt64LE(at, 16)
    this.#words[8] = Math.floor(Math.max(0, ms) / 1000)
    this.#words[10] = Math.ceil((Math.max(0, ms) % 1000) * 1e6)
    return this.bytes
  }
}
let timeout: Timeout | undefined

/** Of each memory its address: nothing moves what a Buffer lies in. */
const addresses = new WeakMap<ArrayBufferLike, number>()

/** io_uring(7) of this machine's kernel. */
export const uring: Uring = {
  setup({ entries, completions, flags = 0 }) {
    // struct io_uring_params
    const params = new Uint32Array(30)
    params[1] = completions
    params[2] = flags | setupFlags.cqSize
    const fd = result(c().setup(SETUP, entries, new Uint8Array(params.buffer)))
    if (fd < 0) return fd
    const [submission, completion] = [params[0]!, params[1]]
    const array = params[16]!
    const completions_ = params[25]!
    const length = Math.max(array + submission * 4, completions_ + completion * 16)
    const rings = map(fd, length, OFF_RINGS)
    const list = map(fd, submission * 64, OFF_ENTRIES)
    if (typeof rings === 'number' || typeof list === 'number') {
      for (const one of [rings, list]) if (typeof one !== 'number') c().munmap(one.pointer, one.length)
      c().close(fd)
      return typeof rings === 'number' ? rings : (list as number)
    }
    const words = new Int32Array(c().view(rings.pointer, length), 0, length >> 2)
    // Between the ring and its entries there is a list of places. Ours stand where they are.
    for (let i = 0; i < submission; i++) words[(array >> 2) + i] = i
    const memory: UringMemory = {
      fd,
      words,
      entries: new Int32Array(c().view(list.pointer, submission * 64)),
      size: { submission, completion },
      at: {
        submissionHead: params[10]! >> 2,
        submissionTail: params[11]! >> 2,
        flags: params[14]! >> 2,
        completionHead: params[20]! >> 2,
        completionTail: params[21]! >> 2,
        lost: params[24]! >> 2,
        completions: completions_ >> 2,
      },
    }
    mappings.set(memory, [rings, list])
    return memory
  },

  enter({ fd }, submit, wait, flags, timeoutMs) {
    return result(c().enter(ENTER, fd, submit, wait, flags | ENTER_EXT_ARG, (timeout ??= new Timeout()).set(timeoutMs), 24))
  },

  provide({ fd }, group, bytes, entries) {
    // struct io_uring_buf_reg
    const request = new Uint8Array(40)
    const view = new DataView(request.buffer)
    view.setBigUint64(0, c().address(bytes), true)
    view.setUint32(8, entries, true)
    view.setUint16(12, group, true)
    return result(c().register(REGISTER, fd, REGISTER_PBUF_RING, request, 1))
  },

  addressOf(bytes) {
    const { buffer } = bytes
    let address = addresses.get(buffer)
    if (address === undefined) addresses.set(buffer, (address = Number(c().address(bytes)) - bytes.byteOffset))
    return address + bytes.byteOffset
  },

  close(memory) {
    for (const { pointer, length } of mappings.get(memory) ?? []) c().munmap(pointer, length)
    mappings.delete(memory)
    c().close(memory.fd)
  },
}

function map(fd: number, length: number, offset: number) {
  const pointer = c().mmap(null, length, PROT_READ_WRITE, MAP_SHARED_POPULATE, fd, offset)
  // MAP_FAILED is the address -1.
  return BigInt.asIntN(64, pointer) === -1n ? -c().errno() : { pointer, length }
}
