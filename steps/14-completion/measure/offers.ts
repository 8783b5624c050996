import { createRequire } from 'node:module'
import { enterFlags, ENTRY_WORDS, operations, ringFlags, setupFlags, syscalls as kernel } from '@rpc-steps/sockets'
import type { Uring, UringMemory } from '@rpc-steps/sockets'
import type { Loop, LoopOptions } from '../src/index.ts'

/** Something that the kernel offers, put between the rings and the kernel: the step itself does not know of it. */
export interface Offer {
  options: () => LoopOptions
  /** Done to a loop that was made with these. */
  change?: (loop: Loop) => void
}

const SEND_ZC = 47
/** Of a completion: the memory of a send without a copy is ours again. */
const NOTIFICATION = 1 << 3
const FIXED_FILE = 1 << 0
const [REGISTER, FILES2, FILES_UPDATE, SPARSE] = [427, 13, 6, 1]
/** Numbers of file descriptors that can be registered. */
const files = 4096

function through(change: (uring: Uring) => Partial<Uring>): LoopOptions {
  const uring = kernel.uring!
  return { syscalls: { ...kernel, uring: { ...uring, ...change(uring) } } }
}

/** Looks at each entry before the kernel does. */
function rewriting(rewrite: (entries: Int32Array, place: number, ring: UringMemory) => void): LoopOptions {
  return through((uring) => ({
    enter(ring, submit, wait, flags, ms) {
      const tail = ring.words[ring.at.submissionTail]!
      for (let i = submit; i > 0; i--) rewrite(ring.entries, ((tail - i) & (ring.size.submission - 1)) * ENTRY_WORDS, ring)
      return uring.enter(ring, submit, wait, flags, ms)
    },
  }))
}

const codeOf = (entries: Int32Array, place: number) => entries[place]! & 0xff

/** A thread of the kernel looks at the submission ring, and is woken only when it sleeps. */
const polled: Offer = {
  options: () => ({
    flags: setupFlags.sqPoll | setupFlags.singleIssuer,
    ...through((uring) => ({
      enter(ring, submit, wait, flags, ms) {
        const { words, at } = ring
        const sleeps = (Atomics.load(words, at.flags) & ringFlags.needWakeUp) !== 0
        const isDone = Atomics.load(words, at.completionTail) !== words[at.completionHead]
        if (!sleeps && (wait === 0 || isDone)) return submit
        return uring.enter(ring, submit, isDone ? 0 : wait, flags | (sleeps ? enterFlags.wakeUp : 0), ms)
      },
    })),
  }),
  // What the thread has taken need not be done yet, so each send has to say when it is.
  change: ({ rings }) => void (rings.sendNow = rings.send),
}

/** The kernel sends from our pages, and says a second time when they are ours again. */
const uncopied: Offer = {
  options: () =>
    rewriting((entries, place) => {
      if (codeOf(entries, place) === operations.send) entries[place] = entries[place]! + SEND_ZC - operations.send
    }),
  change({ rings }) {
    const send = rings.send.bind(rings)
    // This operation cannot be without a completion.
    rings.sendNow = rings.send = (fd, bytes, listener) =>
      send(fd, bytes, {
        ...listener,
        completed: (result, flags) => {
          if (!(flags & NOTIFICATION)) listener.completed(result, flags)
        },
      })
  },
}

/** What is needed of it here. */
interface Koffi {
  load(library: null): { func(declaration: string): (...parameters: unknown[]) => number }
}

/** The kernel keeps what a file descriptor stands for, and does not look it up for each operation. */
const registered: Offer = {
  options() {
    const koffi = createRequire(import.meta.resolve('@rpc-steps/sockets'))('koffi') as Koffi
    const call = koffi.load(null).func('long syscall(long, long, long, void *, long)')
    const known = new Map<UringMemory, Set<number>>()
    const knownTo = (ring: UringMemory) => {
      const found = known.get(ring)
      if (found) return found
      const fresh = new Set<number>()
      known.set(ring, fresh)
      // struct io_uring_rsrc_register: how many, flags
      if (call(REGISTER, ring.fd, FILES2, Uint32Array.of(files, SPARSE, 0, 0, 0, 0, 0, 0), 32) < 0) throw new Error('no files can be registered')
      return fresh
    }
    return rewriting((entries, place, ring) => {
      const code = codeOf(entries, place)
      if (code !== operations.send && code !== operations.receive) return
      const fd = entries[place + 1]!
      if (!knownTo(ring).has(fd)) {
        const one = Buffer.allocUnsafeSlow(4)
        one.writeInt32LE(fd)
        // struct io_uring_files_update: from which place on, and where the numbers stand
        const update = new BigUint64Array([BigInt(fd), BigInt(kernel.uring!.addressOf(one))])
        if (call(REGISTER, ring.fd, FILES_UPDATE, update, 1) < 0) throw new Error('a file cannot be registered')
        knownTo(ring).add(fd)
      }
      entries[place] = entries[place]! | (FIXED_FILE << 8)
    })
  },
}

/** By the names under which they are tried. */
export const offers: readonly [name: string, offer: Offer][] = [
  ['a thread of the kernel looks', polled],
  ['sends without a copy', uncopied],
  ['registered files', registered],
]
