import { mulberry32 } from '@rpc-steps/sockets/random'
import type { Random } from '@rpc-steps/sockets/random'
import { between, magnitude, oneOf } from './random.ts'

/** What slows a connection down, and loses nothing. */
export const gentle = ['split', 'join', 'delay', 'stall', 'throttle'] as const
/** What cuts it off: both ways at once, or one way alone. */
export const cuts = ['reset', 'half-close'] as const
type Gentle = (typeof gentle)[number]
/** All that is done to a connection. */
export const faults = [...gentle, ...cuts] as const
/** One of them. */
export type Fault = (typeof faults)[number]

/** The two ways of a connection: from the client to the server, and back. */
export const ways = ['up', 'down'] as const
export type Way = (typeof ways)[number]

/** What is done with the next bytes of one way. Without a fault they are handed on as they come. */
export interface Act {
  fault?: Fault
  /** For how many bytes; a cut comes at once. */
  bytes: number
  /** Bytes of a piece, where it makes pieces. */
  size: number
  /** Milliseconds: of the pause, between two pieces, or until what is joined goes on incomplete. */
  ms: number
}

/** Milliseconds of the longest stall, unless another is asked for. */
export const usualStall = 1_000

/** How bad a network is. */
export interface Badness {
  seed: number
  faults: readonly Fault[]
  /** Milliseconds that one stall may take, or one time of throttling. */
  longest: number
  /** How many of the connections are cut, where cuts are among the faults: from 0 to 1. */
  share: number
}

/**
 * What is done, one after the other, to one way of a connection: the same for the same seed, the same
 * place among the connections and the same way, however the bytes come. It is told by bytes and not by
 * chunks, because the kernel cuts those as it likes.
 */
export function* actsOf(badness: Badness, connection: number, way: Way): Generator<Act, void> {
  const { seed, faults, longest } = badness
  const random = mulberry32(Math.imul(seed, 0x9e3779b1) + 3 * connection + ways.indexOf(way))
  const cut = cutOf(badness, connection)
  let left = cut?.way === way ? cut.after : Infinity
  const some = gentle.filter((fault) => faults.includes(fault))
  while (left > 0) {
    const act = one(random, some, longest)
    act.bytes = Math.min(act.bytes, left)
    left -= act.bytes
    yield act
  }
  if (cut) yield { fault: cut.fault, bytes: 0, size: 0, ms: 0 }
}

/** Some connections are cut, after so many bytes of one way: if there are as many. */
function cutOf({ seed, faults, share }: Badness, connection: number): { fault: Fault; way: Way; after: number } | undefined {
  const random = mulberry32(Math.imul(seed, 0x9e3779b1) + 3 * connection + 2)
  const some = cuts.filter((fault) => faults.includes(fault))
  if (some.length === 0 || random() >= share) return undefined
  return { fault: oneOf(random, some), way: oneOf(random, ways), after: magnitude(random, 1, 1 << 20) }
}

function one(random: Random, some: readonly Gentle[], longest: number): Act {
  const plain = { bytes: magnitude(random, 1, 1 << 18), size: 0, ms: 0 }
  const fault = some.length > 0 && random() < 0.5 ? oneOf(random, some) : undefined
  switch (fault) {
    case undefined:
      return plain
    case 'split':
      return { ...plain, fault, bytes: Math.min(plain.bytes, 2_000), size: between(random, 1, 40) }
    case 'join':
    case 'delay':
      return { ...plain, fault, ms: between(random, 1, 10) }
    case 'stall':
      // Once in a while is bad enough: a long answer meets many acts.
      return random() < 0.2 ? { ...plain, fault, ms: magnitude(random, 1, longest) } : plain
    case 'throttle': {
      // In pieces of a hundredth of a second, from 64 KB to 4 MB a second; more, if it took too long.
      const size = Math.max(magnitude(random, 640, 40_000), Math.ceil((10 * plain.bytes) / longest))
      return { ...plain, fault, ms: 10, size }
    }
  }
}
